//! A server with a certificate of its own making answers over TLS, and bad files are refused with their names.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::super::serve::{Listener, Protection};
use super::*;

fn made() -> (tempfile::TempDir, TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["shop.test".to_owned()]).unwrap();
    let place = tempfile::tempdir().unwrap();
    let files = TlsFiles { certificate: place.path().join("cert.pem"), key: place.path().join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let certificate = made.cert.der().clone();
    (place, files, certificate)
}

fn ask(address: std::net::SocketAddr, certificate: CertificateDer<'static>) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("shop.test").unwrap();
    let connection = ClientConnection::new(Arc::new(client), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

#[test]
fn a_server_with_a_certificate_speaks_tls_and_stops_in_order() {
    let (_place, files, certificate) = made();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = Listener::new(listener, Protection::tls(&files).unwrap()).unwrap();
        let (address, stopper) = (listener.address(), listener.stopper());
        let served = tokio::spawn(listener.serve(Router::new().route("/", get(|| async { "kia ora" }))));
        let answer = tokio::task::spawn_blocking(move || ask(address, certificate)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("kia ora"), "{answer}");
        stopper.stop(Duration::from_secs(1));
        served.await.unwrap().unwrap();
    });
}

#[test]
fn a_private_key_that_everybody_can_read_is_refused() {
    let (_place, files, _) = made();
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = configuration(&files).err().unwrap();
    assert!(matches!(error, TlsError::Readable(_)) && error.mend().contains("chmod o="));
}

#[test]
fn files_that_are_no_certificate_or_key_are_named() {
    let (_place, files, _) = made();
    let swapped = TlsFiles { certificate: files.key.clone(), key: files.key.clone() };
    assert!(
        configuration(&swapped).err().unwrap().to_string().contains("key.pem` can't be read as certificates")
    );
    let missing = TlsFiles { certificate: "/nowhere.pem".into(), ..files.clone() };
    assert!(configuration(&missing).err().unwrap().to_string().contains("/nowhere.pem"));
    let (_other_place, other, _) = made();
    let unlike = TlsFiles { key: other.key, ..files };
    assert!(matches!(configuration(&unlike), Err(TlsError::Pair(_))));
}
