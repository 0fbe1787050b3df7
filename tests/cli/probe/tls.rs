//! Over TLS: a server with a certificate of an authority that is made for the test.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::api::{Api, serve};
use super::faults::Fault;
use super::*;

/// An authority, and the file that names it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: Scratch,
}

/// What a server shows: its certificate, and the key to it.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    fn new(test: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = Scratch::file(&format!("{test}-authority.pem"), &issuer.pem());
        Self { issuer, file }
    }

    /// A certificate for this machine's address.
    fn signed(&self, change: impl Fn(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity { chain: vec![certificate.der().clone()], key: PrivateKeyDer::try_from(key.serialize_der()).unwrap() }
    }

    /// The authority's own certificate, as a server's.
    fn itself(&self) -> Identity {
        let key = PrivateKeyDer::try_from(self.issuer.key().serialize_der()).unwrap();
        Identity { chain: vec![self.issuer.der().clone()], key }
    }
}

/// Speaks TLS before a server that does not, until the test ends.
fn secured(identity: Identity, inner: SocketAddr) -> String {
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(identity.chain, identity.key).unwrap()));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tokio::task::LocalSet::new().run_until(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::task::spawn_local(async move {
                    // A client that does not like the certificate goes away, and another comes.
                    let Ok(mut outer) = acceptor.accept(stream).await else { return };
                    let mut inner = TcpStream::connect(inner).await.unwrap();
                    drop(tokio::io::copy_bidirectional(&mut outer, &mut inner).await);
                });
            }
        }));
    });
    url
}

/// Redirects everything to https.
fn redirecting(location: &'static str) -> u16 {
    serve(Router::new().fallback(move |uri: Uri| async move { Redirect::permanent(&format!("{location}{uri}")) }))
        .port()
}

fn refusing() -> u16 {
    serve(Router::new().fallback(|| async { StatusCode::FORBIDDEN.into_response() })).port()
}

/// What check 45 says, with this port for plain HTTP.
fn transport(url: &str, stand_in: &StandIn, authority: &Authority, http_port: Option<u16>) -> Value {
    let settings = Scratch::file(&format!("{}.toml", url.rsplit(':').next().unwrap()), SETTINGS);
    let mut command = Command::new(BINARY);
    command.args(["test", url, "--format", "json", "--only", "45", "--config", settings.text()]);
    command.args(["--issuer-url", &stand_in.url, "--ca-file", authority.file.text()]);
    if let Some(port) = http_port {
        command.args(["--http-port", &port.to_string()]);
    }
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["checks"][0].clone()
}

#[test]
fn an_api_behind_tls_passes_every_check() {
    let (stand_in, authority) = (StandIn::start(), Authority::new("good"));
    let api = Api::start_secure(&stand_in, None);
    let url = secured(authority.signed(|_| {}), api.address);
    let port = redirecting("https://127.0.0.1").to_string();
    let arguments =
        ["--issuer-url", &stand_in.url, "--strict", "--ca-file", authority.file.text(), "--http-port", &port];
    let run = Run::at(&url, &arguments, &[]);
    assert_eq!(run.ended("failed"), [] as [u64; 0], "{}", run.findings());
    assert_eq!(run.ended("skipped"), [39]);
    assert_eq!(run.output.status.code(), Some(0));
}

#[test]
fn what_answers_over_plain_http_is_judged_by_what_it_opens() {
    let (stand_in, authority) = (StandIn::start(), Authority::new("plain"));
    let api = Api::start_secure(&stand_in, None);
    let url = secured(authority.signed(|_| {}), api.address);
    let at = |port| transport(&url, &stand_in, &authority, port);
    for port in [redirecting("https://127.0.0.1"), refusing(), free_address().port()] {
        assert_eq!(at(Some(port))["status"], "passed");
    }
    let report = at(Some(api.address.port()));
    let finding = &report["findings"][0];
    assert_eq!(
        (&report["status"], &finding["severity"], &finding["got"]),
        (&"failed".into(), &"must".into(), &"200".into())
    );
    assert!(finding["request"].as_str().unwrap().contains("over plain http, port"), "{finding}");
    let elsewhere = at(Some(redirecting("http://127.0.0.1")));
    assert_eq!((&elsewhere["status"], &elsewhere["severity"]), (&"failed".into(), &"should".into()));
    let untried = at(None);
    assert_eq!(untried["status"], "passed");
    assert!(untried["notes"][0].as_str().unwrap().contains("--http-port"), "{untried}");
}

#[test]
fn https_is_to_be_for_good() {
    let (stand_in, authority) = (StandIn::start(), Authority::new("hsts"));
    for (fault, severity, got) in [
        (Some(Fault::NO_HSTS), "should", "an answer without it"),
        (Some(Fault::HSTS_OFF), "should", "Strict-Transport-Security: max-age=0"),
        (Some(Fault::SHORT_HSTS), "info", "Strict-Transport-Security: max-age=60; includeSubDomains"),
    ] {
        let api = Api::start_secure(&stand_in, fault);
        let url = secured(authority.signed(|_| {}), api.address);
        let report = transport(&url, &stand_in, &authority, None);
        assert_eq!((&report["severity"], &report["findings"][0]["got"]), (&severity.into(), &got.into()), "{report:#}");
    }
}

#[test]
fn a_certificate_that_does_not_count_ends_the_run_with_the_reason() {
    let (authority, other) = (Authority::new("counts"), Authority::new("counts-not"));
    let nobody = free_address();
    let trusted = ["--ca-file", authority.file.text()];
    let expired = authority.signed(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let early = authority.signed(|params| params.not_before = date_time_ymd(4000, 1, 1));
    let elsewhere = Authority::signed(&authority, |params| {
        *params = CertificateParams::new(["api.example.com".to_owned()]).unwrap();
    });
    for (identity, arguments, expected) in [
        (
            authority.signed(|_| {}),
            &[][..],
            "its certificate is of no authority that is trusted here (hint: name the certificate of its authority with --ca-file)",
        ),
        (other.signed(|_| {}), &trusted, "its certificate is of no authority that is trusted here"),
        (expired, &trusted, "its certificate has expired"),
        (early, &trusted, "its certificate is not valid yet"),
        (
            elsewhere,
            &trusted,
            "its certificate is for another name (hint: use the name in the URL that the certificate has)",
        ),
        (authority.itself(), &trusted, "its certificate is an authority's own, and a server's must be signed by one"),
    ] {
        let url = secured(identity, nobody);
        let output = clerk_edge(&[&["test", &url], arguments].concat());
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{expected}: {}", said(&output));
        assert!(
            said(&output).starts_with(&format!("clerk-edge: no secure connection to {url}: {expected}")),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_file_of_no_authority_is_refused() {
    let (empty, other) =
        (Scratch::file("empty.pem", ""), Scratch::file("key.pem", &KeyPair::generate().unwrap().serialize_pem()));
    for (file, expected) in [
        (empty.text(), "expected certificates in PEM"),
        (other.text(), "expected certificates in PEM"),
        ("no-such.pem", "No such file or directory"),
    ] {
        let output = clerk_edge(&["test", "https://127.0.0.1:1", "--ca-file", file]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        assert!(
            said(&output).starts_with(&format!("clerk-edge: cannot trust {file}: {expected}")),
            "{}",
            said(&output)
        );
    }
}
