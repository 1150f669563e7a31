//! What analytics.js asks for before it sends anything: where to send, and which consent categories there are. Must
//! never name a server of anybody else's: a client that finds no address here sends to Segment's.

use axum::http::{HeaderMap, header};
use privacy::purpose::LegalBasis;
use privacy::register::Register;
use serde_json::{Value, json};

/// The settings for a write key.
pub(super) fn settings(key: &str, headers: &HeaderMap, register: &Register) -> Value {
    let categories: Vec<&str> = register
        .purposes
        .iter()
        .filter(|(_, declaration)| declaration.basis == LegalBasis::Consent)
        .map(|(purpose, _)| purpose.as_str())
        .collect();
    let mut segment = json!({
        "apiKey": key,
        "addBundledMetadata": true,
        "unbundledIntegrations": [],
        "maybeBundledConfigIds": {},
        "versionSettings": { "version": "4.4.7", "componentTypes": ["browser"] },
    });
    if let (Some(host), Value::Object(segment)) = (host(headers), &mut segment) {
        segment.insert("protocol".into(), protocol(headers, host).into());
        segment.insert("apiHost".into(), format!("{host}/v1").into());
    }
    let all = json!({ "__default": { "enabled": true, "integrations": {} } });
    json!({
        "integrations": { "Segment.io": segment },
        "plan": { "track": all, "identify": all, "group": all },
        "edgeFunction": {},
        "analyticsNextEnabled": true,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "legacyVideoPluginsEnabled": false,
        "remotePlugins": [],
        // No figures about the client go to anybody.
        "metrics": { "sampleRate": 0 },
        "consentSettings": { "allCategories": categories, "hasUnmappedDestinations": false },
    })
}

/// The address under which this server was called.
fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain =
        host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    (plain && !host.is_empty() && host.len() <= 255).then_some(host)
}

fn protocol(headers: &HeaderMap, host: &str) -> &'static str {
    match headers.get("x-forwarded-proto").map(|value| value.as_bytes()) {
        Some(b"https") => "https",
        Some(b"http") => "http",
        _ if ["localhost", "127.0.0.1", "[::1]"].iter().any(|near| host.starts_with(near)) => "http",
        _ => "https",
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn clients_are_sent_back_here_and_told_the_purposes_that_need_consent() {
        let register = privacy::register::read(privacy::register::TEMPLATE).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("127.0.0.1:8080"));
        let settings = settings("K", &headers, &register);
        assert_eq!(settings["integrations"]["Segment.io"]["apiHost"], "127.0.0.1:8080/v1");
        assert_eq!(settings["integrations"]["Segment.io"]["protocol"], "http");
        let categories = settings["consentSettings"]["allCategories"].to_string();
        assert!(categories.contains("personalisation") && !categories.contains("service"));
    }
}
