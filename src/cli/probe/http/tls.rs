//! TLS to the API: whose certificates count, and why one does not.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, ClientConnection, RootCertStore};
use thiserror::Error;

use super::Target;

/// Why there is no secure connection.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(in crate::cli) enum TlsError {
    #[error("its certificate is of no authority that is trusted here")]
    Untrusted,
    #[error("its certificate is an authority's own, and a server's must be signed by one")]
    Authority,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not valid yet")]
    NotYetValid,
    #[error("its certificate is for another name")]
    WrongName,
    #[error("no answer in time")]
    TimedOut,
    #[error("{0}")]
    Other(String),
}

/// Why a file names no authority to trust.
#[derive(Debug, Error)]
pub(in crate::cli) enum CaFileError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error("expected certificates in PEM")]
    Pem,
    #[error("expected an authority's certificate ({0})")]
    Certificate(String),
}

/// Trusts the authorities that browsers trust, and those of `ca_file`.
pub(super) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, CaFileError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for certificate in ca_file.map(read).transpose()?.unwrap_or_default() {
        roots.add(certificate).map_err(|error| CaFileError::Certificate(error.to_string()))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| CaFileError::Certificate(error.to_string()))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, CaFileError> {
    let certificates = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Err(pem::Error::Io(error)) => Err(error.into()),
        Ok(_) | Err(_) => Err(CaFileError::Pem),
    }
}

/// The client's end of a connection that is yet to be made.
pub(super) fn connection(config: &Arc<ClientConfig>, target: &Target) -> Result<ClientConnection, TlsError> {
    let other = |error: &dyn std::fmt::Display| TlsError::Other(error.to_string());
    let name = ServerName::try_from(target.name().to_owned()).map_err(|error| other(&error))?;
    ClientConnection::new(Arc::clone(config), name).map_err(|error| other(&error))
}

impl From<io::Error> for TlsError {
    fn from(error: io::Error) -> Self {
        if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) {
            return Self::TimedOut;
        }
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(reason)) => Self::of(reason),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl TlsError {
    fn of(reason: &CertificateError) -> Self {
        use CertificateError as Reason;
        match reason {
            // The second where an authority has the name of a trusted one and another key.
            Reason::UnknownIssuer | Reason::BadSignature => Self::Untrusted,
            Reason::Expired | Reason::ExpiredContext { .. } => Self::Expired,
            Reason::NotValidYet | Reason::NotValidYetContext { .. } => Self::NotYetValid,
            Reason::NotValidForName | Reason::NotValidForNameContext { .. } => Self::WrongName,
            other if other.to_string().contains("CaUsedAsEndEntity") => Self::Authority,
            other => Self::Other(other.to_string()),
        }
    }
}
