//! What can go wrong in the studio's server.

use std::net::SocketAddr;

/// Errors of this crate.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {what}{}", if *.in_use { "; another program has it: choose another with --port" } else { "" })]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        what: String,
        /// Whether somebody else listens there.
        in_use: bool,
    },
    /// An address that others can reach, without what protects it.
    #[error(
        "{address} can be reached from other machines: that needs a token, and a word that you know that nothing is encrypted (--without-tls)"
    )]
    Open {
        /// Where.
        address: SocketAddr,
    },
    /// The scene could not be set up or stepped.
    #[error("{0}")]
    Run(#[from] proband_run::RunError),
    /// The server's own machinery.
    #[error("{what}")]
    Inside {
        /// What happened.
        what: String,
    },
}

impl ServerError {
    pub(crate) fn inside(error: impl std::fmt::Display) -> Self {
        Self::Inside { what: error.to_string() }
    }
}
