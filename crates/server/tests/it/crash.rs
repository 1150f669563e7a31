//! kill -9 at random moments under load: what was acknowledged is there afterwards, once, and the audit log verifies.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::harness::{REGISTER, WRITE_KEY};

pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
}

/// Starts the server in a folder with a register; its log goes to `log.txt` there.
pub(crate) fn start(folder: &Path, more: &[&str]) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_equipoise"))
        .args(["--config", "equipoise.toml", "--data-dir", "data"])
        .args(more)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(folder.join("log.txt")).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next().expect("the server said where it listens").unwrap();
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    Server { child, address }
}

pub(crate) fn post(
    address: &str,
    path: &str,
    authorization: &str,
    body: &Value,
) -> std::io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let body = body.to_string();
    // In one piece, so that a trace of system calls shows it as one.
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    Ok((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

#[test]
fn acknowledged_events_survive_kills_once_each_and_the_log_verifies() {
    let rounds = if std::env::var_os("EQUIPOISE_LONG").is_some() { 50 } else { 4 };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("equipoise.toml"), REGISTER).unwrap();
    let basic =
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:")));
    let mut acknowledged: Vec<(String, String)> = Vec::new();
    let mut number = 0_u64;
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..rounds {
        let mut server = start(folder.path(), &[]);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round);
        let until = Instant::now() + Duration::from_millis(150 + (seed >> 40) % 600);
        let (address, basic) = (&server.address, &basic);
        let kept = std::sync::Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for worker in 0..4 {
                let kept = &kept;
                let first = number + worker * 1_000_000;
                scope.spawn(move || {
                    for n in first.. {
                        let (person, order) = (format!("person-{}", n % 7), format!("order-{round}-{n}"));
                        let event = json!({"type": "track", "event": "Order Completed", "userId": person, "messageId": order,
                            "properties": {"order_id": order, "products": [{"product_id": "boots", "quantity": 1}]},
                            "context": {"consent": {"categoryPreferences": {"personalisation": true, "analytics": n % 2 == 0}}}});
                        match post(address, "/v1/track", basic, &event) {
                            Ok((200, _)) => kept.lock().unwrap().push((person, order)),
                            Ok((status, body)) => panic!("{status} {body}"),
                            Err(_) => return,
                        }
                    }
                });
            }
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        });
        number += 10_000_000;
        acknowledged.extend(kept.into_inner().unwrap());
    }
    assert!(acknowledged.len() > 20, "too little load: {}", acknowledged.len());

    let mut server = start(folder.path(), &[]);
    let token = std::fs::read_to_string(folder.path().join("data/keys/api.token")).unwrap();
    let bearer = format!("Bearer {}", token.trim());
    for person in (0..7).map(|n| format!("person-{n}")) {
        let (status, document) =
            post(&server.address, "/v1/subjects/portability", &bearer, &json!({"user_id": person})).unwrap();
        let of_person: Vec<_> = acknowledged.iter().filter(|(who, _)| *who == person).collect();
        if of_person.is_empty() {
            continue;
        }
        assert_eq!(status, 200, "{document}");
        let text = document.to_string();
        for (_, order) in of_person {
            assert_eq!(text.matches(&format!("\"{order}\"")).count(), 1, "{order} of {person}");
        }
        let (_, access) =
            post(&server.address, "/v1/subjects/access", &bearer, &json!({"user_id": person})).unwrap();
        assert_eq!(access["purposes"]["personalisation"]["status"], "given");
    }
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    let verified = Command::new(env!("CARGO_BIN_EXE_equipoise"))
        .args(["--config", "equipoise.toml", "--data-dir", "data", "audit", "verify"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    eprintln!("{} acknowledged events over {rounds} kills, none lost, none twice", acknowledged.len());
}
