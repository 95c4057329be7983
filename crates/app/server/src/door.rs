//! Who may come in: the host that was asked for, the page that asks, the token.

use axum::http::{HeaderMap, HeaderValue, Uri, header};

use crate::config::Access;

/// Policy of the studio's own pages: nothing from elsewhere, no code in the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
                      frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Policy of a report: its styles and pictures are inside it, nothing else is loaded and nothing runs.
pub(crate) const REPORT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox";

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The name in the request is not this machine's: another page may have pointed its own name here.
    Host,
    /// The page that asks is not the studio's.
    Origin,
    /// No token or a wrong one.
    Token,
}

impl Refused {
    pub fn text(self) -> &'static str {
        match self {
            Self::Host => "this address is not the studio's: open it as it was printed in the terminal",
            Self::Origin => "only the studio's own pages may ask this",
            Self::Token => "the token is missing or wrong: open the address as it was printed in the terminal",
        }
    }
}

/// Let a request in, or say why not. `port` is the one that is listened on.
pub(crate) fn check(access: &Access, port: u16, headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    let local = access.address.ip().is_loopback();
    if local && ![format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")].iter().any(|name| name == host) {
        return Err(Refused::Host);
    }
    if let Some(origin) = headers.get(header::ORIGIN)
        && origin.to_str().ok() != Some(format!("http://{host}").as_str())
    {
        return Err(Refused::Origin);
    }
    let Some(token) = &access.token else { return Ok(()) };
    let given = uri.query().unwrap_or("").split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or("");
    if same(token.as_bytes(), given.as_bytes()) { Ok(()) } else { Err(Refused::Token) }
}

/// Equality in a time that does not tell where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

/// Headers of every answer.
pub(crate) fn protect(headers: &mut HeaderMap) {
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &str, origin: Option<&str>, uri: &str, token: Option<&str>) -> Result<(), Refused> {
        let access = Access { address: ([127, 0, 0, 1], 0).into(), token: token.map(str::to_owned), without_tls: false };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        check(&access, 8000, &headers, &uri.parse().unwrap())
    }

    /// Let the studio's own page in and no other, under no other name.
    #[test]
    fn strangers_stay_out() {
        assert_eq!(asked("127.0.0.1:8000", None, "/", None), Ok(()));
        assert_eq!(asked("localhost:8000", Some("http://localhost:8000"), "/ws", None), Ok(()));
        assert_eq!(asked("evil.example:8000", None, "/", None), Err(Refused::Host));
        assert_eq!(asked("127.0.0.1:8000", Some("http://evil.example"), "/ws", None), Err(Refused::Origin));
        assert_eq!(asked("127.0.0.1:8000", Some("null"), "/ws", None), Err(Refused::Origin));
    }

    /// Ask for the whole token.
    #[test]
    fn the_token_is_needed() {
        let token = Some("0123456789abcdef");
        assert_eq!(asked("127.0.0.1:8000", None, "/?token=0123456789abcdef", token), Ok(()));
        assert_eq!(asked("127.0.0.1:8000", None, "/?x=1&token=0123456789abcdef", token), Ok(()));
        for uri in ["/", "/?token=", "/?token=0123456789abcde", "/?token=0123456789abcdeg"] {
            assert_eq!(asked("127.0.0.1:8000", None, uri, token), Err(Refused::Token), "{uri}");
        }
    }
}
