//! Styles, scripts and icons that are built into the program. Each is served under an address that changes with its
//! content, so that browsers may keep it for a year. Nothing here may come from, or point to, another host.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use privacy::audit::leaf_hash;

use super::{Access, Table};

/// The styles that all pages share.
pub const BASE_CSS: &str = "base.css";
/// The privacy centre's styles.
pub const PRIVACY_CSS: &str = "privacy.css";
/// The demo shop's styles.
pub const SHOP_CSS: &str = "shop.css";
/// The demo shop's script.
pub const SHOP_JS: &str = "shop.js";
/// The demo shop's sign.
pub const TUI_SVG: &str = "tui.svg";
/// The picture on the demo shop's first page.
pub const HERO_SVG: &str = "hero.svg";

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml; charset=utf-8";

const FILES: &[(&str, &str, &str)] = &[
    (BASE_CSS, CSS, include_str!("../../assets/base.css")),
    (PRIVACY_CSS, CSS, include_str!("../../assets/privacy.css")),
    (SHOP_CSS, CSS, include_str!("../../assets/shop.css")),
    (SHOP_JS, JS, include_str!("../../assets/shop.js")),
    (TUI_SVG, SVG, include_str!("../../assets/icons/tui.svg")),
    (HERO_SVG, SVG, include_str!("../../assets/hero.svg")),
];

struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
    tag: String,
}

fn files() -> &'static [File] {
    static BUILT: OnceLock<Vec<File>> = OnceLock::new();
    BUILT.get_or_init(|| {
        FILES
            .iter()
            .map(|(name, content_type, text)| {
                let tag = tag_of(text);
                File { name, content_type, text, tag }
            })
            .collect()
    })
}

/// What stands for a text in an address: 12 hexadecimal digits that change with it.
#[must_use]
pub fn tag_of(text: &str) -> String {
    leaf_hash(text.as_bytes()).0.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The address of a built-in file, such as `/assets/3fe1a0c2b4d5/base.css`.
///
/// ```
/// use equipoise::web::{assets, page};
/// assert!(assets::href(assets::BASE_CSS).ends_with("/base.css"));
/// ```
#[must_use]
pub fn href(name: &str) -> String {
    let tag = files().iter().find(|file| file.name == name).map_or("none", |file| file.tag.as_str());
    format!("/assets/{tag}/{name}")
}

/// The route of the built-in files.
#[must_use]
pub fn routes(table: Table) -> Table {
    table.declare(Access::Public, Method::GET, "/assets/{tag}/{name}", serve)
}

async fn serve(Path((tag, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(file) = files().iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    cached(
        &headers,
        file.content_type,
        &file.tag,
        file.text.to_owned(),
        if tag == file.tag { KEEP } else { ASK_AGAIN },
    )
}

/// Browsers may keep it for a year.
pub const KEEP: &str = "public, max-age=31536000, immutable";
/// Browsers may keep it, but ask whether it has changed.
pub const ASK_AGAIN: &str = "public, no-cache";

/// A text with what browsers need to keep it; only the head of it for those that have it already.
#[must_use]
pub fn cached(
    asked: &HeaderMap,
    content_type: &'static str,
    tag: &str,
    text: String,
    keep: &'static str,
) -> Response {
    let tag = format!("\"{tag}\"");
    let has_it = asked.get_all(header::IF_NONE_MATCH).iter().any(|value| value.as_bytes() == tag.as_bytes());
    let mut response = if has_it { StatusCode::NOT_MODIFIED.into_response() } else { text.into_response() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_file_has_an_address_of_its_own_content() {
        let mut seen = std::collections::BTreeSet::new();
        for file in files() {
            assert!(seen.insert(href(file.name)));
            assert_eq!(file.tag.len(), 12);
        }
    }

    #[test]
    fn no_built_in_file_points_to_another_host() {
        for file in files() {
            let text = file.text.replace("http://www.w3.org/2000/svg", "");
            for word in ["http://", "https://", "url(//", "@import"] {
                assert!(!text.contains(word), "`{}` holds `{word}`", file.name);
            }
        }
    }
}
