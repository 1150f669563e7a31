//! The script and its parts, served under an address that changes with their content, with the hashes by which a
//! browser checks them (W3C Subresource Integrity).

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use privacy::integrity;

use crate::web::assets::{ASK_AGAIN, KEEP, cached, tag_of};

const LOADER: &str = "equipoise.js";
/// Stands before Google's tag, and so is no module and not loaded by the loader.
const CONSENT_MODE: &str = "consent-mode.js";
/// Stands before the tags of companies on the IAB's list.
const TCF: &str = "tcf.js";
/// What the loader loads when it needs it, and what a page loads beside it.
const PARTS: [(&str, &str); 4] = [
    (CONSENT_MODE, include_str!("../../assets/sdk/consent-mode.js")),
    (TCF, include_str!("../../assets/sdk/tcf.js")),
    ("question.js", include_str!("../../assets/sdk/question.js")),
    ("slot.js", include_str!("../../assets/sdk/slot.js")),
];
/// What stands in the loader for the hashes of its parts.
const HASHES: &str = r#"{"integrity":"of the other files"}"#;

struct Sdk {
    tag: String,
    files: Vec<(&'static str, String)>,
}

fn sdk() -> &'static Sdk {
    static BUILT: OnceLock<Sdk> = OnceLock::new();
    BUILT.get_or_init(|| {
        let hashes: serde_json::Map<String, serde_json::Value> = PARTS
            .iter()
            .map(|(name, text)| ((*name).to_owned(), integrity::of(text.as_bytes()).into()))
            .collect();
        let hashes = serde_json::Value::Object(hashes).to_string();
        // The loader knows the hash of each part, so that its own stands for all.
        let loader = include_str!("../../assets/sdk/equipoise.js").replace(HASHES, &hashes);
        let tag = tag_of(&loader);
        let parts = PARTS.iter().map(|(name, text)| (*name, (*text).to_owned()));
        Sdk { tag, files: std::iter::once((LOADER, loader)).chain(parts).collect() }
    })
}

/// The line that a shop puts into its pages.
#[must_use]
pub fn snippet(server: &str, write_key: &str) -> String {
    let source = source(server, LOADER);
    format!(r#"<script type="module" {source} data-equipoise="{write_key}"></script>"#)
}

/// The line that stands before Google's tag.
#[must_use]
pub fn consent_mode_snippet(server: &str) -> String {
    format!("<script {}></script>", source(server, CONSENT_MODE))
}

/// The line that stands before the tags of companies on the IAB's list.
#[must_use]
pub fn tcf_snippet(server: &str) -> String {
    format!("<script {}></script>", source(server, TCF))
}

/// Where a file is, and the hash by which a browser checks it.
fn source(server: &str, file: &str) -> String {
    let Sdk { tag, files } = sdk();
    let hash = files.iter().find(|(name, _)| *name == file).map(|(_, text)| integrity::of(text.as_bytes()));
    let (server, hash) = (server.trim_end_matches('/'), hash.unwrap_or_default());
    format!(r#"src="{server}/sdk/{tag}/{file}" integrity="{hash}" crossorigin"#)
}

/// A file as it is now.
pub(super) async fn newest(Path(name): Path<String>, headers: HeaderMap) -> Response {
    file(&name, &headers, ASK_AGAIN)
}

/// A file under the address of its content.
pub(super) async fn one(Path((tag, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    file(&name, &headers, if tag == sdk().tag { KEEP } else { ASK_AGAIN })
}

fn file(name: &str, headers: &HeaderMap, keep: &'static str) -> Response {
    let Some((_, text)) = sdk().files.iter().find(|(known, _)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = cached(headers, "text/javascript; charset=utf-8", &sdk().tag, text.clone(), keep);
    // Public and the same for everybody: any page may load it.
    let open = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    for (name, value) in open {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn loader_knows_the_hash_of_each_part() {
        let Sdk { tag, files } = sdk();
        assert_eq!((tag.len(), files.len()), (12, 5));
        for (name, text) in PARTS {
            assert!(files[0].1.contains(&integrity::of(text.as_bytes())), "{name}");
        }
        assert!(!files[0].1.contains(HASHES));
        let line = snippet("https://shop.example/", "web");
        assert!(line.contains(&format!("https://shop.example/sdk/{tag}/equipoise.js")), "{line}");
        let before = consent_mode_snippet("https://shop.example");
        assert!(
            before.contains(&integrity::of(PARTS[0].1.as_bytes())) && !before.contains("module"),
            "{before}"
        );
    }

    #[test]
    fn loader_is_at_most_ten_kilobytes_packed() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(sdk().files[0].1.as_bytes()).unwrap();
        let size = packer.finish().unwrap().len();
        assert!(size <= 10_000, "{size}");
    }

    #[test]
    fn no_part_names_another_host() {
        for (name, text) in &sdk().files {
            assert!(!text.contains("http://") && !text.contains("https://"), "{name}");
        }
    }
}
