//! TLS: reading the certificate and its key. A key that everybody on the machine can read must never be used.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Certificate and key, as PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those that it depends on.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why TLS can't be spoken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("`{path}` can't be read as {what}: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Everybody on the machine can read the key.
    #[error("everybody on this machine can read the private key `{0}`")]
    Readable(PathBuf),
    /// Certificate and key don't fit each other.
    #[error("the certificate and the key can't be used together: {0}")]
    Pair(String),
}

impl TlsError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::File { .. } => {
                "give PEM files: `--tls-cert fullchain.pem --tls-key privkey.pem`, readable by this user"
                    .to_owned()
            }
            Self::Readable(path) => format!("run `chmod o= {}`", path.display()),
            Self::Pair(_) => "give the key that the certificate was made for".to_owned(),
        }
    }
}

/// Reads certificate and key: TLS 1.3 and 1.2, HTTP/2 and 1.1.
///
/// # Errors
/// [`TlsError`] says which file is wrong, and how.
pub(super) fn configuration(files: &TlsFiles) -> Result<RustlsConfig, TlsError> {
    let TlsFiles { certificate, key } = files;
    let bad = |path: &Path, what, why: String| TlsError::File { path: path.to_owned(), what, why };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| bad(certificate, "certificates", error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(certificate, "certificates", "there is none in it".to_owned()));
    }
    let metadata = std::fs::metadata(key).map_err(|error| bad(key, "a private key", error.to_string()))?;
    if metadata.permissions().mode() & 0o007 != 0 {
        return Err(TlsError::Readable(key.clone()));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| bad(key, "a private key", error.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut configuration = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(|error| TlsError::Pair(error.to_string()))?;
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(configuration)))
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
