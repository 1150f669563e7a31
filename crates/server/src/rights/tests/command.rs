//! The same rights from the command line, straight and through a running server.

use super::*;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    args: SubjectArgs,
}

#[test]
fn command_writes_a_file_that_only_its_owner_reads() {
    use std::os::unix::fs::PermissionsExt as _;

    use clap::Parser as _;

    let shop = shop();
    shop.choose("aroha", YES);
    let door = Door::Local(Arc::clone(&shop.app));
    let file = shop.dir.path().join("access.json");
    let path = file.to_str().unwrap();
    let line = |words: &[&str]| Line::try_parse_from([&["subject"], words].concat()).map(|line| line.args);
    let args = line(&["access", "--anonymous-id", "aroha", "--out", path]).unwrap();
    let mut said = Vec::new();
    run(&args, &door, &mut said).unwrap();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(document["identities"][0]["value"], "aroha");
    assert!(matches!(run(&args, &door, &mut said), Err(CliError::File { .. })), "nothing is written over");

    let fresh = shop.dir.path().join("certificate.json");
    let args = line(&["erase", "--user-id", "nobody", "--out", fresh.to_str().unwrap()]).unwrap();
    let error = run(&args, &door, &mut said).unwrap_err().to_string();
    assert!(error.contains("nobody is known by this id"), "{error}");
    assert!(!fresh.exists(), "no empty file is left behind");
    assert!(line(&["access"]).is_err());
    assert!(line(&["access", "--user-id", "1", "--email", "a@b.nz"]).is_err());
}

#[test]
fn kept_orders_are_asked_for_with_a_reason_and_a_number_or_a_certificate() {
    use clap::Parser as _;

    let shop = shop();
    shop.choose("aroha", YES);
    shop.shops("aroha", "kea-40");
    let door = Door::Local(Arc::clone(&shop.app));
    let file = shop.dir.path().join("certificate.json");
    let path = file.to_str().unwrap();
    let line = |words: &[&str]| Line::try_parse_from([&["subject"], words].concat()).map(|line| line.args);
    run(&line(&["erase", "--anonymous-id", "aroha", "--out", path]).unwrap(), &door, &mut Vec::new())
        .unwrap();
    let reason = ["--reason", "tax audit of the year"];
    for by in [["--order", "o-kea-40"], ["--certificate", path]] {
        let mut said = Vec::new();
        run(&line(&[&["kept"], &by[..], &reason[..]].concat()).unwrap(), &door, &mut said).unwrap();
        let document: Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(document["rows"][0]["value"]["order"], "o-kea-40");
    }
    assert!(line(&["kept", "--order", "o-kea-40"]).is_err(), "a reason is asked for");
    assert!(line(&[&["kept"], &reason[..]].concat()).is_err());
    let other = shop.dir.path().join("other.json");
    std::fs::write(&other, "{}").unwrap();
    let no_certificate = [&["kept", "--certificate", other.to_str().unwrap()], &reason[..]].concat();
    let error = run(&line(&no_certificate).unwrap(), &door, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("no certificate"), "{error}");
}

#[test]
fn remote_door_sends_the_identity_in_the_body_alone_and_passes_the_answer_on() {
    use std::io::{Read as _, Write as _};

    let check = |status: &str, answer: &str| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}/", listener.local_addr().unwrap());
        let reply = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}",
            answer.len()
        );
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut part = [0; 1024];
            while !asked.ends_with(b"}") {
                let read = stream.read(&mut part).unwrap();
                asked.extend_from_slice(&part[..read]);
            }
            stream.write_all(reply.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap()
        });
        let door = Door::Remote { base, token: "secret".to_owned() };
        let answer = door.call(Desk::Access, &json!({"email": "aroha@example.nz"}));
        (answer, server.join().unwrap())
    };
    let (answer, asked) = check("200 OK", r#"{"format": "x"}"#);
    assert_eq!(answer.unwrap(), json!({"format": "x"}));
    assert!(asked.starts_with("POST /v1/subjects/access HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("authorization: bearer secret"), "{asked}");
    assert!(!asked.split("\r\n\r\n").next().unwrap().contains("aroha"), "{asked}");
    let (answer, _) =
        check("404 Not Found", r#"{"detail": "nobody is known by this id", "mend": "check it"}"#);
    assert_eq!(answer.unwrap_err().to_string(), "nobody is known by this id\n  check it");
    let (answer, _) = check("502 Bad Gateway", "oops}");
    assert!(matches!(answer, Err(CliError::Unreachable { .. })));
}
