//! The commands, flags and paths of `equipoise` that the benchmarks use, all in one place.
//! It must never know what a figure means.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::server::Data;

/// `equipoise init`: the register that a shop begins with.
pub(crate) fn init(data: &Data) -> Vec<String> {
    with_places(&["init"], data)
}

/// `equipoise import` of the Online Retail log, as if its customers had agreed to what is measured.
pub(crate) fn import_online_retail(file: &Path, data: &Data) -> Vec<String> {
    let mut arguments = import(file, "online-retail", data);
    let agreed = ["--basis", "consent", "--evidence", "benchmark"];
    let purposes = ["--purpose", "personalisation", "--purpose", "analytics"];
    arguments.extend(agreed.into_iter().chain(purposes).map(str::to_owned));
    arguments
}

/// `equipoise import` of events that carry their own consents.
pub(crate) fn import_segment(file: &Path, data: &Data) -> Vec<String> {
    import(file, "segment", data)
}

fn import(file: &Path, format: &str, data: &Data) -> Vec<String> {
    with_places(&["import", &file.to_string_lossy(), "--format", format], data)
}

/// How many rows an import says to have stored: `12 lines read: 10 events stored, …`.
pub(crate) fn stored(output: &str) -> Result<u64> {
    let (_, rest) = output.split_once(" lines read: ").context("the import didn't say what it stored")?;
    let (figure, _) = rest.split_once(' ').context("the import didn't say what it stored")?;
    Ok(figure.parse()?)
}

/// `equipoise simulate` into a file.
pub(crate) fn simulate(customers: u32, out: &Path) -> Vec<String> {
    let (customers, out) = (customers.to_string(), out.to_string_lossy());
    ["simulate", "--customers", &customers, "--seed", "1", "--out", &out].map(str::to_owned).to_vec()
}

/// `equipoise serve` on a free port.
pub(crate) fn serve(data: &Data) -> Vec<String> {
    with_places(&["serve", "--listen", "127.0.0.1:0"], data)
}

/// The file in which the operator's token stands.
pub(crate) fn token_file(data: &Data) -> PathBuf {
    data.dir().join("keys/api.token")
}

fn with_places(words: &[&str], data: &Data) -> Vec<String> {
    let (register, dir) = (data.register(), data.dir());
    let places =
        ["--config", &register.to_string_lossy(), "--data-dir", &dir.to_string_lossy()].map(str::to_owned);
    words.iter().map(|word| (*word).to_owned()).chain(places).collect()
}

/// One request for ten recommendations.
pub(crate) fn recommendations(user: &str, item: &str, token: &str) -> Vec<u8> {
    let (user, item) = (query_value(user), query_value(item));
    request("GET", &format!("/v1/recommendations?user_id={user}&item={item}&count=10"), token, "")
}

/// The erasure of one data subject.
pub(crate) fn erase(user: &str, token: &str) -> Vec<u8> {
    request("POST", "/v1/subjects/erase", token, &serde_json::json!({ "user_id": user }).to_string())
}

/// The server's figures, on a connection of their own.
pub(crate) fn metrics(token: &str) -> Vec<u8> {
    let head = format!("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n");
    format!("{head}Connection: close\r\n\r\n").into_bytes()
}

/// Whether figures say that nothing is left to be reckoned.
pub(crate) fn tended(figures: &str) -> Result<bool> {
    let mut lines = figures.lines();
    let figure = lines.find_map(|line| line.strip_prefix("equipoise_models_tended "));
    Ok(figure.context("the server doesn't say whether its models are reckoned")?.trim() == "1")
}

fn request(method: &str, target: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
fn query_value(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_http_with_the_operators_token() {
        let text = String::from_utf8(recommendations("a b", "85123A", "T")).unwrap();
        let first = "GET /v1/recommendations?user_id=a%20b&item=85123A&count=10 HTTP/1.1\r\n";
        assert!(text.starts_with(first) && text.ends_with("\r\n\r\n"), "{text}");
        assert!(text.contains("\r\nAuthorization: Bearer T\r\n"), "{text}");
        let text = String::from_utf8(erase("7", "T")).unwrap();
        assert!(text.starts_with("POST /v1/subjects/erase HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("Content-Length: 15\r\n\r\n{\"user_id\":\"7\"}"), "{text}");
    }

    #[test]
    fn figures_say_whether_the_models_are_reckoned() {
        assert!(tended("HTTP/1.1 200 OK\r\n\r\nequipoise_models_tended 1\n").unwrap());
        assert!(!tended("equipoise_models_tended 0\n").unwrap());
        assert!(tended("nothing").is_err());
    }

    #[test]
    fn what_an_import_stored_is_read() {
        assert_eq!(stored("12 lines read: 10 events stored, 0 there already, 2 refused\n").unwrap(), 10);
        assert!(stored("nothing").is_err());
    }
}
