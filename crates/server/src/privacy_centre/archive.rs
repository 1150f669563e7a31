//! Take it along: one archive with everything as JSON, each kind as a table, and a page to read; and who else receives
//! data.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use axum::response::Response;
use maud::{DOCTYPE, Markup, html};
use privacy::audit::Author;
use privacy::data::Kind;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::data::page;
use super::layout::inside;
use super::receipts::file;
use super::rows::row;
use super::words::{fill, say};
use crate::app::App;
use crate::rights::{Person, access, export};
use crate::web::{Problem, SignedIn, State};

const HERE: &str = "/privacy/take";

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
enum ArchiveError {
    #[error(transparent)]
    Zip(#[from] zip::result::ZipError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Csv(#[from] csv::Error),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("a table could not be finished")]
    Unfinished,
}

/// `GET /privacy/take`.
pub(super) async fn show(axum::extract::State(app): State, _who: SignedIn) -> Response {
    let content = html! {
        h1 { (say("nav_take")) }
        p.lead.text { (say("take_text")) }
        ul.text {
            li { code { "index.html" } ": " (say("take_html")) }
            li { code { "everything.json" } ": " (say("take_json")) }
            li { code { "portable.json" } ": " (say("take_portable")) }
            li { code { "tables/*.csv" } ": " (say("take_csv")) }
        }
        form method="post" action=(HERE) { button.button type="submit" { (say("take_button")) } }
        h2 { (say("recipients")) }
        (recipients(&app))
    };
    inside(&app, say("nav_take"), HERE, &content)
}

/// `POST /privacy/take`.
pub(super) async fn download(axum::extract::State(app): State, who: SignedIn) -> Response {
    page(&app, move |app| {
        let packed = pack(app, &who)?;
        Ok(file(packed, "application/zip", "my-data.zip"))
    })
    .await
}

fn pack(app: &Arc<App>, who: &SignedIn) -> Result<Vec<u8>, Problem> {
    let person = Person::signed_in(who);
    let portable = export(app, &person, Author::Subject)?;
    let all = access(app, &person, Author::Subject)?;
    write(app, &all, &portable).map_err(|error| Problem::internal(&error))
}

fn write(app: &App, all: &Value, portable: &Value) -> Result<Vec<u8>, ArchiveError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    zip.start_file("index.html", options)?;
    zip.write_all(readable(app, all).into_string().as_bytes())?;
    zip.start_file("everything.json", options)?;
    zip.write_all(serde_json::to_string_pretty(all)?.as_bytes())?;
    zip.start_file("portable.json", options)?;
    zip.write_all(serde_json::to_string_pretty(portable)?.as_bytes())?;
    for kind in Kind::ALL {
        let rows = rows(all, *kind);
        if !rows.is_empty() {
            zip.start_file(format!("tables/{kind}.csv"), options)?;
            zip.write_all(&table(rows)?)?;
        }
    }
    Ok(zip.finish()?.into_inner())
}

fn rows(all: &Value, kind: Kind) -> &[Value] {
    all.pointer(&format!("/data/{kind}/rows")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A table with a column for each field; what has parts of its own stands in its cell as JSON.
fn table(rows: &[Value]) -> Result<Vec<u8>, ArchiveError> {
    let values = || rows.iter().filter_map(|row| row.get("value").and_then(Value::as_object));
    let columns: BTreeSet<&String> = values().flat_map(|members| members.keys()).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&columns)?;
    for members in values() {
        let cells = columns.iter().map(|column| match members.get(*column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        table.write_record(cells)?;
    }
    table.into_inner().map_err(|_| ArchiveError::Unfinished)
}

/// A page that needs nothing else.
fn readable(app: &App, all: &Value) -> Markup {
    let shop = &app.register().shop.name;
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; title { (fill("archive_title", &[("shop", shop)])) } }
            body {
                h1 { (fill("archive_title", &[("shop", shop)])) }
                p { (fill("archive_made", &[("at", all.get("made_at").and_then(Value::as_str).unwrap_or_default())])) }
                @for kind in Kind::ALL {
                    h2 { (kind.label()) }
                    @if rows(all, *kind).is_empty() { p { (say("nothing")) } }
                    ol { @for one in rows(all, *kind) { li { (row(one.get("value").unwrap_or(&Value::Null))) } } }
                }
                h2 { (say("recipients")) }
                (recipients(app))
            }
        }
    }
}

fn recipients(app: &App) -> Markup {
    let with = |(_, declared): &(_, &privacy::register::Declaration)| !declared.recipients.is_empty();
    let declared: Vec<_> = app.register().purposes.iter().filter(|one| with(one)).collect();
    html! {
        @if declared.is_empty() { p { (say("no_recipients")) } }
        ul {
            @for (id, declared) in declared {
                li {
                    (app.texts.purpose("en", id, declared).name) ": "
                    (declared.recipients.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
                }
            }
        }
    }
}
