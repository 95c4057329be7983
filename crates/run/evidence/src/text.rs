//! Words from records on their way into the page: nothing that a record says may become markup.

/// Longest text that one cell of a report shows [characters].
pub(crate) const TEXT_CHARS_MAX: usize = 2000;

/// Text that is safe in HTML and SVG, between tags and in quoted attributes.
///
/// Markup characters become entities; control characters and marks that turn the direction of writing become
/// U+FFFD; text beyond [`TEXT_CHARS_MAX`] is cut with an ellipsis.
pub(crate) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(4 * TEXT_CHARS_MAX) + 16);
    for (count, c) in text.chars().enumerate() {
        if count == TEXT_CHARS_MAX {
            out.push('…');
            break;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || turns_direction(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` cut to `chars` characters with an ellipsis; not escaped.
pub(crate) fn clip(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.into();
    }
    let mut out: String = text.chars().take(chars.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// A recorded name as words: `scan_ultrasound` → `scan ultrasound`, `MedianCubital` → `median cubital`. Not escaped.
pub(crate) fn words_of(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before_lower = false;
    for c in name.chars().take(TEXT_CHARS_MAX) {
        if c == '_' {
            out.push(' ');
            before_lower = false;
        } else if c.is_uppercase() && before_lower {
            out.push(' ');
            out.extend(c.to_lowercase());
            before_lower = false;
        } else {
            before_lower = c.is_lowercase();
            out.push(c);
        }
    }
    if name.chars().any(char::is_lowercase) {
        let mut chars = out.chars();
        if let Some(first) = chars.next()
            && first.is_uppercase()
            && chars.clone().next().is_some_and(char::is_lowercase)
        {
            return first.to_lowercase().chain(chars).collect();
        }
    }
    out
}

/// The same with a capital first letter. Not escaped.
pub(crate) fn title_of(name: &str) -> String {
    let words = words_of(name);
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The vein in the name of a site: `median_cubital +4/-20 mm` → `median cubital`. Not escaped.
pub(crate) fn vein_of(site: &str) -> String {
    let cut = [" +", " -", " −"].iter().filter_map(|mark| site.find(mark)).min().unwrap_or(site.len());
    words_of(site.get(..cut).unwrap_or(site))
}

/// A name that is safe as a file name: letters, digits, `-` and `_`, at most 64 characters, never empty.
pub(crate) fn file_stem(name: &str) -> String {
    let stem: String = name.chars().take(64).map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' }).collect();
    if stem.is_empty() { "unnamed".into() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leave no character with which markup could begin or an attribute end.
    #[test]
    fn markup_is_inert() {
        assert_eq!(esc("<script>alert('x')</script>"), "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        assert_eq!(esc("a\" onload=\"b & c\u{202e}\u{0}"), "a&quot; onload=&quot;b &amp; c\u{fffd}\u{fffd}");
    }

    /// Cut a text that would fill the page.
    #[test]
    fn long_text_is_cut() {
        assert_eq!(esc(&"x".repeat(1_000_000)).chars().count(), TEXT_CHARS_MAX + 1);
        assert_eq!(clip("abcdef", 4), "abc…");
    }

    /// Turn recorded names into words.
    #[test]
    fn names_become_words() {
        assert_eq!(words_of("scan_ultrasound"), "scan ultrasound");
        assert_eq!(words_of("MedianCubital"), "median cubital");
        assert_eq!(title_of("MedianCubital"), "Median cubital");
        assert_eq!(words_of("BMI"), "BMI");
        assert_eq!(words_of(""), "");
        assert_eq!(vein_of("median_cubital +4/-20 mm"), "median cubital");
        assert_eq!(vein_of("Basilic"), "basilic");
    }

    /// Keep a hostile picture name inside its folder.
    #[test]
    fn file_names_stay_in_their_folder() {
        assert_eq!(file_stem("../../etc/passwd"), "______etc_passwd");
        assert_eq!(file_stem(""), "unnamed");
    }
}
