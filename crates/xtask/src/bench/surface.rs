//! The commands, flags and paths of `equipoise` that the benchmarks use, all in one place.
//! It must never know what a figure means.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// `equipoise import` of the Online Retail log, under the basis and purpose that a shop would state for its orders.
pub(crate) fn import_online_retail(file: &Path, data_dir: &Path) -> Vec<String> {
    let mut arguments = import(file, "online-retail", data_dir);
    arguments.extend(["--basis", "contract", "--purpose", "service"].map(str::to_owned));
    arguments
}

/// `equipoise import` of events that carry their own consents.
pub(crate) fn import_segment(file: &Path, data_dir: &Path) -> Vec<String> {
    import(file, "segment", data_dir)
}

fn import(file: &Path, format: &str, data_dir: &Path) -> Vec<String> {
    let (file, data_dir) = (file.to_string_lossy(), data_dir.to_string_lossy());
    ["import", &file, "--format", format, "--data-dir", &data_dir].map(str::to_owned).to_vec()
}

/// `equipoise simulate`: JSON lines on standard output.
pub(crate) fn simulate(customers: u32) -> Vec<String> {
    ["simulate", "--customers", &customers.to_string(), "--seed", "1"].map(str::to_owned).to_vec()
}

/// `equipoise serve` on a free port.
pub(crate) fn serve(data_dir: &Path) -> Vec<String> {
    ["serve", "--listen", "127.0.0.1:0", "--data-dir", &data_dir.to_string_lossy()]
        .map(str::to_owned)
        .to_vec()
}

/// One request for ten recommendations.
pub(crate) fn recommendations(subject: &str, item: &str, write_key: &str) -> Vec<u8> {
    let (subject, item) = (query_value(subject), query_value(item));
    request("GET", &format!("/v1/recommendations?subject={subject}&item={item}&count=10"), write_key, "")
}

/// One batch of events.
pub(crate) fn batch(events: &[serde_json::Value], write_key: &str) -> Vec<u8> {
    request("POST", "/v1/batch", write_key, &serde_json::json!({ "batch": events }).to_string())
}

/// The erasure of one data subject.
pub(crate) fn erase(subject: &str, operator_key: &str) -> Vec<u8> {
    request("DELETE", &format!("/v1/subjects/{}", query_value(subject)), operator_key, "")
}

fn request(method: &str, target: &str, key: &str, body: &str) -> Vec<u8> {
    let authorization = BASE64_STANDARD.encode(format!("{key}:"));
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {authorization}\r\n\
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
    fn requests_are_http_with_a_write_key() {
        let text = String::from_utf8(recommendations("a b", "85123A", "key")).unwrap();
        assert!(
            text.starts_with("GET /v1/recommendations?subject=a%20b&item=85123A&count=10 HTTP/1.1\r\n"),
            "{text}"
        );
        assert!(
            text.contains("\r\nAuthorization: Basic a2V5Og==\r\n") && text.ends_with("\r\n\r\n"),
            "{text}"
        );
        let text = String::from_utf8(batch(&[serde_json::json!({"type": "track"})], "key")).unwrap();
        assert!(text.contains("Content-Length: 28\r\n\r\n{\"batch\":[{\"type\":\"track\"}]}"), "{text}");
    }
}
