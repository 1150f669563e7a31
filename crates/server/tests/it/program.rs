//! The program as its operator runs it: commands beside a running server, logs at their most talkative, an import that
//! is killed half-way.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use crate::crash::{Server, post, start};
use crate::harness::{REGISTER, WRITE_KEY, files_with};

fn shop() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("equipoise.toml"), REGISTER).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_equipoise"))
        .args(["--data-dir", "data"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn stop(mut server: Server) {
    Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(server.child.wait().unwrap().success(), "the server stops by itself when asked to");
}

#[test]
fn commands_beside_a_running_server_act_through_it_and_no_log_names_anybody() {
    const CANARY: &str = "qxzcanary5521";
    let folder = shop();
    let server = start(folder.path(), &["--log", "trace"]);
    let basic =
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:")));
    let consent = json!({"consent": {"categoryPreferences": {"personalisation": true, "analytics": true, "offers": true}},
        "page": {"url": format!("https://shop.example/?email={CANARY}@example.nz")}, "userAgent": format!("{CANARY}/1"), "ip": "203.0.113.9"});
    let events = json!({"batch": [
        {"type": "identify", "userId": CANARY, "messageId": CANARY, "traits": {"email": format!("{CANARY}@example.nz"), "firstName": CANARY}, "context": consent},
        {"type": "track", "event": "Product Viewed", "userId": CANARY, "messageId": "2", "properties": {"product_id": "boots"}, "context": consent},
        {"type": "track", "event": "Products Searched", "userId": CANARY, "messageId": "3", "properties": {"query": CANARY}, "context": consent},
        {"type": "track", "event": "Order Completed", "userId": CANARY, "messageId": "4",
            "properties": {"order_id": "o1", "products": [{"product_id": "boots", "quantity": 1, "note": CANARY}]}, "context": consent},
    ]});
    assert_eq!(post(&server.address, "/v1/batch", &basic, &events).unwrap().0, 200);
    // A body that can't be read, with the canary in it, must not be echoed into the log either.
    assert_eq!(post(&server.address, "/v1/batch", &basic, &json!({"batch": CANARY})).unwrap().0, 400);

    let access = run(folder.path(), &["subject", "access", "--user-id", CANARY]);
    assert!(access.status.success() && says(&access).contains("boots"), "{}", says(&access));
    let backup = run(folder.path(), &["backup", "--to", "backup"]);
    assert!(backup.status.success(), "{}", says(&backup));
    let rotated = run(folder.path(), &["keys", "rotate"]);
    assert!(rotated.status.success(), "{}", says(&rotated));
    let doctor = run(folder.path(), &["doctor"]);
    assert!(doctor.status.success(), "{}", says(&doctor));
    let erased = run(folder.path(), &["subject", "erase", "--user-id", CANARY, "--out", "certificate.json"]);
    assert!(erased.status.success(), "{}", says(&erased));
    let verified = run(folder.path(), &["audit", "verify", "--certificate", "certificate.json"]);
    assert!(verified.status.success(), "{}", says(&verified));
    let again = run(folder.path(), &["subject", "access", "--user-id", CANARY]);
    assert_eq!(again.status.code(), Some(1), "{}", says(&again));
    std::thread::sleep(Duration::from_millis(1_300));
    stop(server);

    let log = std::fs::read_to_string(folder.path().join("log.txt")).unwrap();
    assert!(log.contains("/v1/batch"), "the log was talkative:\n{log}");
    assert_eq!(files_with(folder.path(), &[CANARY, "203.0.113.9"]), vec![]);
    let verified = run(folder.path(), &["audit", "verify"]);
    assert!(verified.status.success(), "{}", says(&verified));

    // What was restored from the backup knows the person no more, whose key was shredded and whose epoch is gone.
    std::fs::rename(folder.path().join("data"), folder.path().join("old")).unwrap();
    let restored = run(folder.path(), &["--key-dir", "old/keys", "restore", "backup"]);
    assert!(restored.status.success(), "{}", says(&restored));
    let gone = run(folder.path(), &["--key-dir", "old/keys", "subject", "access", "--user-id", CANARY]);
    assert_eq!(gone.status.code(), Some(1), "{}", says(&gone));
    // The certificate is newer than the backup; the log says under the shop's signature why it isn't in it.
    let verify = [
        "--key-dir",
        "old/keys",
        "audit",
        "verify",
        "--data-dir",
        "data",
        "--certificate",
        "certificate.json",
    ];
    let verified = run(folder.path(), &verify);
    assert!(verified.status.success(), "{}", says(&verified));
    for word in ["The log goes on after", "1 people in it who had been erased since", "the log says why"] {
        assert!(says(&verified).contains(word), "`{word}` is missing: {}", says(&verified));
    }
    let doctor = run(folder.path(), &["--key-dir", "old/keys", "doctor"]);
    assert!(doctor.status.success(), "{}", says(&doctor));
    // The same backup put in its place by hand is found out by the certificate.
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::fs::copy(folder.path().join("backup/equipoise.db"), folder.path().join("data/equipoise.db"))
        .unwrap();
    let verified = run(folder.path(), &verify);
    assert_eq!(verified.status.code(), Some(1), "{}", says(&verified));
    assert!(says(&verified).contains("the end was cut off"), "{}", says(&verified));
    assert_eq!(files_with(folder.path(), &[CANARY]), vec![]);
}

#[test]
fn tampered_certificate_and_tampered_log_are_found() {
    let folder = shop();
    let server = start(folder.path(), &[]);
    let basic =
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:")));
    let order = json!({"type": "track", "event": "Order Completed", "userId": "u1", "messageId": "1",
        "properties": {"order_id": "o1", "products": [{"product_id": "boots", "quantity": 1}]}});
    assert_eq!(post(&server.address, "/v1/track", &basic, &order).unwrap().0, 200);
    assert!(run(folder.path(), &["subject", "erase", "--user-id", "u1", "--out", "c.json"]).status.success());
    stop(server);
    let text = std::fs::read_to_string(folder.path().join("c.json")).unwrap();
    let mut certificate: Value = serde_json::from_str(&text).unwrap();
    certificate["deleted"]["orders"] = json!(99);
    std::fs::write(folder.path().join("forged.json"), certificate.to_string()).unwrap();
    let forged = run(folder.path(), &["audit", "verify", "--certificate", "forged.json"]);
    assert_eq!(forged.status.code(), Some(1), "{}", says(&forged));

    let database = rusqlite::Connection::open(folder.path().join("data/equipoise.db")).unwrap();
    let changed = database.execute("UPDATE audit_entry SET entry = zeroblob(40) WHERE seq = 1", []).unwrap();
    assert_eq!(changed, 1);
    drop(database);
    let verified = run(folder.path(), &["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", says(&verified));
    assert!(says(&verified).contains("entry 1"), "{}", says(&verified));
}

#[test]
fn killed_import_goes_on_where_it_was_and_nothing_comes_in_twice() {
    let folder = shop();
    let mut lines = String::from("SessionId\tItemId\tTime\n");
    let visits = 12_000;
    for n in 0..visits {
        writeln!(lines, "{}\t{}\t{}.0", n / 4, n % 90, 1_781_000_000 + n).unwrap();
        if n == 5_000 {
            lines.push_str("7\tnot a line\n");
        }
    }
    std::fs::write(folder.path().join("visits.tsv"), lines).unwrap();
    let arguments = [
        "import",
        "visits.tsv",
        "--format",
        "sessions",
        "--basis",
        "consent",
        "--evidence",
        "paper forms",
        "--purpose",
        "personalisation",
    ];
    for wait in [150, 300, 450] {
        let mut import = Command::new(env!("CARGO_BIN_EXE_equipoise"))
            .args(["--data-dir", "data"])
            .args(arguments)
            .current_dir(folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = import.kill();
        import.wait().unwrap();
    }
    let ended = run(folder.path(), &arguments);
    assert!(ended.status.success(), "{}", says(&ended));
    let again = run(folder.path(), &arguments);
    assert!(again.status.success(), "{}", says(&again));
    let database = rusqlite::Connection::open(folder.path().join("data/equipoise.db")).unwrap();
    let rows: i64 = database.query_row("SELECT count(*) FROM record", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, visits);
    let rejects = std::fs::read_to_string(folder.path().join("visits.tsv.rejects.jsonl")).unwrap();
    assert!(rejects.contains("\"line\":5003"), "the rejected line has its number: {rejects}");
}
