//! The frame of every HTML page: head, skip link, landmarks, and the headers that keep pages to themselves. It must
//! never let a style or script stand in the page, nor anything from another host: the policy forbids both.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets;

/// What stands around a page's content.
pub struct Document<'a> {
    /// The page's title, the most particular word first.
    pub title: &'a str,
    /// One sentence for search engines and previews.
    pub description: &'a str,
    /// Built-in styles beside the shared ones.
    pub styles: &'a [&'a str],
    /// Built-in scripts, loaded as modules.
    pub modules: &'a [&'a str],
    /// What comes before the content: the site's head.
    pub header: Markup,
    /// The content; it begins with the page's `h1`.
    pub main: Markup,
    /// What comes after it.
    pub footer: Markup,
}

/// The whole page.
#[must_use]
pub fn document(page: Document<'_>) -> Markup {
    let Document { title, description, styles, modules, header, main, footer } = page;
    html! {
        (DOCTYPE)
        html lang="en-NZ" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="description" content=(description);
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href=(assets::href(assets::TUI_SVG));
                link rel="stylesheet" href=(assets::href(assets::BASE_CSS));
                @for name in styles { link rel="stylesheet" href=(assets::href(name)); }
                @for name in modules { script type="module" src=(assets::href(name)) {} }
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                (header)
                main #content tabindex="-1" { (main) }
                (footer)
            }
        }
    }
}

/// A page of Equipoise itself, such as its documentation: `active` is the address in the head's links that this is.
#[must_use]
pub fn frame(title: &str, active: &str, content: &Markup) -> Markup {
    let links = [("/docs", "API"), ("/openapi.json", "OpenAPI document"), ("/healthz", "Health")];
    document(Document {
        title: &format!("{title} · Equipoise"),
        description: title,
        styles: &[],
        modules: &[],
        header: html! {
            header.wide {
                nav aria-label="Equipoise" {
                    @for (href, name) in links {
                        a href=(href) aria-current=[(href == active).then_some("page")] { (name) } " "
                    }
                }
            }
        },
        main: html! { div.wide { (content) } },
        footer: html! {},
    })
}

/// A page as an answer that no cache may keep.
#[must_use]
pub fn respond(status: StatusCode, page: Markup) -> Response {
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::VARY, HeaderValue::from_static("cookie"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_no_style_and_no_script_of_its_own() {
        let text = frame("Title <b>", "/docs", &html! { h1 { "x" } }).into_string();
        assert!(text.contains("<title>Title &lt;b&gt; · Equipoise</title>"), "{text}");
        assert!(!text.contains("<style") && !text.contains("style="), "{text}");
        assert!(text.contains("aria-current=\"page\"") && text.contains("href=\"#content\""));
    }
}
