//! `/openapi.json`, and the same to be read by people at `/docs`: one page without scripts or anything from elsewhere.

use std::sync::Arc;

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, html};
use serde_json::{Map, Value};

use super::{Places, all_routes, document};
use crate::app::App;
use crate::web::{Problem, ProblemKind, State};

const STYLE: &str = include_str!("docs.css");
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// `GET /openapi.json`.
pub(super) async fn openapi_json(axum::extract::State(app): State) -> Result<Response, Problem> {
    let text = described(&app)?.to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

/// `GET /docs`.
pub(super) async fn show(axum::extract::State(app): State) -> Result<Markup, Problem> {
    Ok(page(&described(&app)?))
}

/// `GET /assets/docs.css`.
pub(super) async fn style() -> ([(HeaderName, &'static str); 2], &'static str) {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")],
        STYLE,
    )
}

fn described(app: &Arc<App>) -> Result<Value, Problem> {
    // Where the files lie changes no route.
    let table = all_routes(app, &Places::new(std::path::Path::new(""), None));
    let document = document(table.routes()).ok().and_then(|document| serde_json::to_value(document).ok());
    document.ok_or_else(|| {
        Problem::new(ProblemKind::Internal, "the description can't be read", "tell the makers of Equipoise")
    })
}

/// The page for an OpenAPI document.
#[must_use]
pub fn page(document: &Value) -> Markup {
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let info = document.get("info").unwrap_or(&Value::Null);
    let chapters = chapters(document);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(info, "title")) " · API" }
                link rel="stylesheet" href="/assets/docs.css";
            }
            body {
                header {
                    h1 { (text(info, "title")) " " small { (text(info, "version")) } }
                    p { (ticked(&text(info, "description"))) }
                    p { "For programs: " a href="/openapi.json" { "openapi.json" } " (OpenAPI " (text(document, "openapi")) ")" }
                    nav aria-label="Chapters" {
                        @for (chapter, _) in &chapters {
                            a href={ "#" (anchor(chapter)) } { (chapter) }
                        }
                    }
                }
                main {
                    @for (chapter, operations) in &chapters {
                        h2 id=(anchor(chapter)) { (chapter) }
                        @for (method, path, operation) in operations {
                            (section(method, path, operation))
                        }
                    }
                }
            }
        }
    }
}

type Chapter<'a> = (String, Vec<(&'a str, &'a str, &'a Value)>);

fn chapters(document: &Value) -> Vec<Chapter<'_>> {
    let paths = document.get("paths").and_then(Value::as_object);
    let mut chapters: Vec<Chapter<'_>> = Vec::new();
    let Some(paths) = paths else { return chapters };
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let name = operation.pointer("/tags/0").and_then(Value::as_str).unwrap_or("Other").to_owned();
            let entry = (method, path.as_str(), operation);
            match chapters.iter_mut().find(|(known, _)| *known == name) {
                Some((_, operations)) => operations.push(entry),
                None => chapters.push((name, vec![entry])),
            }
        }
    }
    chapters
}

fn section(method: &str, path: &str, operation: &Value) -> Markup {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let id = text("operationId").unwrap_or_default();
    let parameters =
        operation.get("parameters").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let body = operation.pointer("/requestBody/content").and_then(Value::as_object);
    let empty = Map::new();
    let responses = operation.get("responses").and_then(Value::as_object).unwrap_or(&empty);
    html! {
        article id=(id) {
            h3 {
                span class={ "method " (method) } { (method.to_uppercase()) } " "
                a href={ "#" (id) } { code { (path) } }
            }
            p { strong { (ticked(text("summary").unwrap_or_default())) } " " span.access { (who_may(operation)) } }
            @if let Some(description) = text("description") { p { (ticked(description)) } }
            @if !parameters.is_empty() {
                table {
                    thead { tr { th { "In the address" } th { "What it is" } th { "Example" } } }
                    tbody {
                        @for parameter in parameters { (parameter_row(parameter)) }
                    }
                }
            }
            @if let Some(body) = body { h4 { "Body" } (examples(body)) }
            @for (status, response) in responses {
                @let content = response.get("content").and_then(Value::as_object);
                @if status.starts_with('2') {
                    h4 { "Answer " code { (status) } }
                    @if let Some(content) = content { (examples(content)) }
                }
            }
            @let refusals: Vec<&String> = responses.keys().filter(|status| !status.starts_with('2')).collect();
            @if !refusals.is_empty() {
                p.refusals { "Refusals, as problem details: "
                    @for status in refusals { code { (status) } " " }
                }
            }
        }
    }
}

fn who_may(operation: &Value) -> &'static str {
    let schemes: Vec<&str> = operation
        .get("security")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    match schemes.as_slice() {
        [] => "anybody",
        ["operator"] => "the operator's token",
        _ => "a write key",
    }
}

fn parameter_row(parameter: &Value) -> Markup {
    let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
    let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
    html! {
        tr {
            td { code { (text("name")) } @if required { " (needed)" } }
            td { (ticked(text("description"))) }
            td { code { (text("example")) } }
        }
    }
}

fn examples(content: &Map<String, Value>) -> Markup {
    html! {
        @for (kind, content) in content {
            @if let Some(example) = content.get("example") {
                @let shown = match example {
                    Value::String(text) => text.clone(),
                    other => serde_json::to_string_pretty(other).unwrap_or_default(),
                };
                pre aria-label=(kind) { code { (shown) } }
            }
        }
    }
}

/// Text in which `words` between ticks are code.
fn ticked(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn anchor(chapter: &str) -> String {
    chapter.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_operation_and_nothing_from_elsewhere() {
        let document = serde_json::json!({
            "openapi": "3.1.0", "info": {"title": "Equipoise", "version": "1", "description": "a `b` <c>"},
            "paths": {"/v1/x": {"post": {
                "tags": ["One & two"], "summary": "Does x", "operationId": "post_v1_x", "security": [{"operator": []}],
                "requestBody": {"content": {"application/json": {"example": {"a": "<script>"}}}},
                "responses": {"200": {"description": "done"}, "401": {"description": "no"}}
            }}}
        });
        let page = page(&document).into_string();
        assert!(
            page.contains("<code>b</code> &lt;c&gt;") && page.contains("Does x") && page.contains("401"),
            "{page}"
        );
        assert!(page.contains("the operator's token") && page.contains("id=\"one---two\""), "{page}");
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("style="), "{page}");
    }
}
