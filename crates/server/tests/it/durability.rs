//! No acknowledgement precedes its fsync: shown by the trace of system calls, since a kill can't show lost page cache.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use base64::Engine as _;
use serde_json::json;

use crate::crash::post;
use crate::harness::{REGISTER, WRITE_KEY};

/// What happened, in the order in which the kernel saw it.
#[derive(Debug, PartialEq)]
enum Call {
    /// A request for an event came in.
    Asked,
    /// The data's write-ahead log was synced.
    Synced,
    /// A 200 went out.
    Acknowledged,
}

fn read(line: &str) -> Option<Call> {
    let synced =
        (line.contains("fdatasync(") || line.contains("fsync(")) && line.contains("equipoise.db-wal");
    if synced {
        Some(Call::Synced)
    } else if line.contains("POST /v1/track") {
        Some(Call::Asked)
    } else if line.contains("HTTP/1.1 200") {
        Some(Call::Acknowledged)
    } else {
        None
    }
}

#[test]
fn every_acknowledgement_comes_after_a_sync_of_its_own() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: the trace of system calls needs `strace` (apt-get install strace)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("equipoise.toml"), REGISTER).unwrap();
    let trace = folder.path().join("trace.txt");
    let mut tracer = Command::new("strace")
        .args(["-f", "-y", "-s", "64", "-e", "trace=fsync,fdatasync,read,recvfrom,write,writev,sendto", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_equipoise"))
        .args(["--config", "equipoise.toml", "--data-dir", "data", "serve", "--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tracer.stdout.take().unwrap()).lines();
    let address = loop {
        let Some(Ok(line)) = lines.next() else {
            eprintln!("skipped: strace can't trace here");
            return;
        };
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    let basic =
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:")));
    let events = 40;
    for n in 0..events {
        let event = json!({"type": "track", "event": "Order Completed", "userId": format!("p{}", n % 5), "messageId": format!("m{n}"),
            "properties": {"order_id": format!("o{n}"), "products": [{"product_id": "boots", "quantity": 1}]}});
        assert_eq!(post(&address, "/v1/track", &basic, &event).unwrap().0, 200);
    }
    // Ends the traced server, and strace with it.
    let pid = tracer.id();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    Command::new("kill").args(children.split_whitespace()).status().unwrap();
    tracer.wait().unwrap();
    let trace = std::fs::read_to_string(&trace).unwrap();
    let calls: Vec<Call> = trace.lines().filter_map(read).collect();
    let (mut pending, mut acknowledged) = (None, 0);
    for call in calls {
        match call {
            Call::Asked => pending = Some(false),
            Call::Synced => pending = pending.map(|_| true),
            Call::Acknowledged => {
                assert_eq!(pending, Some(true), "acknowledgement {acknowledged} came before its sync");
                pending = None;
                acknowledged += 1;
            }
        }
    }
    assert_eq!(acknowledged, events);
}
