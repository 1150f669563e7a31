//! Each rule for Rust code with a file that keeps it and one that breaks it.

use super::super::check as check_file;

const SERVER: &str = "crates/server/src/intake/batch.rs";
const STORE: &str = "crates/store/src/ledger.rs";
const PRIVACY: &str = "crates/privacy/src/grant.rs";
const MODELS: &str = "crates/models/src/recommend/rank.rs";

/// `faults` are line numbers, counted in `code` without the opening words.
fn check(path: &str, code: &str, faults: &[usize]) {
    let text = format!("//! What it is for.\n{code}");
    let found: Vec<_> = check_file(path, &text).into_iter().map(|violation| violation.line - 1).collect();
    assert_eq!(found, faults, "{path}:\n{code}");
}

#[test]
fn a_file_opens_with_what_it_is_for() {
    assert_eq!(check_file(SERVER, "use a::b;\n").len(), 1);
    assert_eq!(check_file(SERVER, "//! Intake.\n").len(), 0);
    assert_eq!(check_file("crates/server/tests/it/main.rs", "mod a;\n").len(), 0);
}

#[test]
fn sql_stands_only_in_store() {
    for sql in [
        "let q = \"SELECT a FROM b\";",
        "let q = \"INSERT INTO b VALUES (1)\";",
        "let q = \"UPDATE b SET a = 1\";",
        "let q = r#\"DELETE FROM b\"#;",
        "let q = \"CREATE TABLE b (a)\";",
        "let q = \"PRAGMA journal_mode\";",
        "use rusqlite::Connection;",
    ] {
        check(SERVER, sql, &[1]);
        check(PRIVACY, sql, &[1]);
        check(STORE, sql, &[]);
        check("crates/server/tests/it/main.rs", sql, &[]);
        check(SERVER, &format!("#[cfg(test)]\nmod tests {{\n{sql}\n}}"), &[]);
    }
    check(SERVER, "let q = \"\n  WITH x AS (\n  SELECT a)\";", &[3]);
    check(
        SERVER,
        "// SELECT a FROM b is what `store` does\nlet s = \"select a colour, then UPDATE it\";",
        &[],
    );
}

#[test]
fn ciphers_stand_only_in_privacy() {
    for cipher in [
        "use aws_lc_rs::aead;",
        "ring::hmac();",
        "use aes::Aes256;",
        "hmac::sign(k);",
        "chacha20poly1305::x();",
    ] {
        check(SERVER, cipher, &[1]);
        check(STORE, cipher, &[1]);
        check(PRIVACY, cipher, &[]);
        check("crates/server/src/web/tls.rs", cipher, &[]);
    }
    check(SERVER, "String::new(); substring::cut(); // ring:: and hmac::", &[]);
}

#[test]
fn privacy_and_models_have_no_clock_and_no_randomness() {
    for call in [
        "SystemTime::now()",
        "std::time::Instant::now()",
        "jiff::Timestamp::now()",
        "Zoned::now()",
        "rand::thread_rng()",
        "rand::rng()",
        "SystemRandom::new()",
    ] {
        let code = format!("let x = {call};");
        check(PRIVACY, &code, &[1]);
        check(MODELS, &code, &[1]);
        check(SERVER, &code, &[]);
        check(MODELS, &format!("/// {call}\n#[cfg(test)]\nmod tests {{ fn f() {{ {code} }} }}"), &[]);
    }
    check(PRIVACY, "fn seal(now: Timestamp, random: &dyn SecureRandom) { knower::now(); }", &[]);
}

#[test]
fn models_know_no_data_subject() {
    check(MODELS, "use privacy::Purpose;", &[1]);
    check(MODELS, "fn f(s: &Subject) {}", &[1]);
    check("crates/models/tests/it.rs", "fn f(s: &Subject) {}", &[1]);
    check(MODELS, "// a Subject never comes here\nstruct SubjectLine;", &[]);
    check(SERVER, "fn f(s: &Subject) { privacy::x() }", &[]);
}

#[test]
fn routes_are_declared_in_tables() {
    check(SERVER, "let r = Router::new()\n  .route(\"/v1/batch\", post(batch));", &[2]);
    check("crates/server/src/web/router.rs", "r.route(path, method)", &[]);
    check(SERVER, "[route(Access::WriteKey, Method::Post, \"/v1/batch\", batch)]", &[]);
}

#[test]
fn names_say_something() {
    for name in ["utils", "common", "manager", "helper", "helpers", "misc"] {
        check(SERVER, &format!("pub(crate) mod {name};"), &[1]);
        let path = format!("crates/server/src/{name}.rs");
        assert_eq!(check_file(&path, "//! x\n").len(), 1);
        let path = format!("crates/server/tests/{name}/mod.rs");
        assert_eq!(check_file(&path, "//! x\n").len(), 1);
    }
    check(SERVER, "mod commons_licence;\nlet manager = model.common;", &[]);
}

#[test]
fn every_opening_of_personal_data_says_why() {
    check(SERVER, "let a = history.expose();", &[1]);
    check(SERVER, "// exposed: to rank\n\n\n\nlet a = history.expose();", &[5]);
    check(SERVER, "// exposed: to rank\n\n\nlet a = history.expose();", &[]);
    check(SERVER, "let a = history.expose(); // exposed: to rank", &[]);
    check(SERVER, "let why = \"exposed:\";\nlet a = history.expose();", &[2]);
    check(SERVER, "#[test]\n#[cfg(test)]\nfn f() { history.expose(); }", &[]);
}
