//! What a law obliges the shop to keep of people who were erased, or whose orders have outlived every purpose: opened for
//! whoever works for the shop, by the order's number or the certificate, with a reason that stands in the audit log.
//!
//! Must never look anything up by a person: no identity leads here.

use std::collections::BTreeMap;
use std::sync::Arc;

use privacy::audit::Author;
use privacy::data::Kind;
use privacy::keeping::KeptBy;
use privacy::minimise::find_personal;
use privacy::rights::{DisclosedRow, open_archive};
use privacy::store::StoredRow;
use privacy::subject::Subject;
use serde_json::{Value, json};
use store::{RetainedRow, Write, WriteTx};

use super::ExerciseError;
use super::access::hex;
use crate::app::App;
use crate::web::{Problem, ProblemKind};

/// The name of the document's form.
const FORMAT: &str = "equipoise.kept/v1";
/// Shorter reasons say nothing, in characters.
const SHORTEST_REASON: usize = 8;
/// Longer ones tell a story, in characters.
const LONGEST_REASON: usize = 300;
const BY: &str = r#"send {"order": "…", "reason": "…"} or {"certificate": "…", "reason": "…"}"#;

/// What is to be opened, and why.
#[derive(Clone)]
pub struct KeptQuestion {
    by: By,
    reason: String,
}

#[derive(Clone)]
enum By {
    Order(String),
    Certificate(String),
}

impl By {
    fn name(&self) -> KeptBy<'_> {
        match self {
            Self::Order(number) => KeptBy::Order(number),
            Self::Certificate(id) => KeptBy::Certificate(id),
        }
    }
}

impl KeptQuestion {
    /// Reads a request's body.
    ///
    /// # Errors
    /// [`Problem`] when it isn't said what to open, or why.
    pub fn read(body: &Value) -> Result<Self, Problem> {
        let text =
            |name: &str| body.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        let by = match (text("order"), text("certificate")) {
            (Some(number), None) => By::Order(number.to_owned()),
            (None, Some(id)) => By::Certificate(id.to_owned()),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Problem::malformed("it isn't said what to open, or in two ways", BY));
            }
        };
        let mend = "say in a few words what it is needed for: `tax audit of 2026`; name nobody";
        let reason = text("reason").ok_or_else(|| Problem::malformed("the reason is missing", mend))?;
        if !(SHORTEST_REASON..=LONGEST_REASON).contains(&reason.chars().count()) {
            return Err(Problem::malformed(
                format!("the reason isn't between {SHORTEST_REASON} and {LONGEST_REASON} characters long"),
                mend,
            ));
        }
        if !find_personal(reason).is_empty() {
            return Err(Problem::malformed(
                "the reason holds an address or a number that belongs to somebody",
                "leave it out: the audit log is for good",
            ));
        }
        Ok(Self { by, reason: reason.to_owned() })
    }
}

/// Opens what the law keeps. Blocks.
///
/// # Errors
/// [`Problem`] when nothing is kept under that number or certificate, or the store can't be used.
pub fn kept(app: &Arc<App>, question: KeptQuestion, author: Author) -> Result<Value, Problem> {
    let now = app.now();
    let what = Write { name: "kept.open", author: author.clone(), at: now };
    let shared = Arc::clone(app);
    app.store.write(what, move |tx| open(&shared, tx, &question, &author)).wait().map_err(Problem::from)
}

fn open(
    app: &App,
    tx: &WriteTx<'_>,
    question: &KeptQuestion,
    author: &Author,
) -> Result<Value, ExerciseError> {
    let now = tx.what().at;
    let mut archives: BTreeMap<Subject, Vec<RetainedRow>> = BTreeMap::new();
    for row in tx.retained_by(&question.by.name().index(app.vault()))? {
        archives.entry(row.subject).or_default().push(row);
    }
    if archives.is_empty() {
        return Err(Problem::new(
            ProblemKind::NotFound,
            "nothing is kept by law under this number or certificate",
            "check it; orders of customers whom the shop still knows are in their own data (`subject access`)",
        )
        .into());
    }
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    for (archive, kept) in &archives {
        let sealed: Vec<(Kind, StoredRow)> = kept.iter().map(|one| (one.kind, one.row.clone())).collect();
        let reason = (author.clone(), question.reason.as_str());
        let (entry, opened) = open_archive(tx, app.vault(), archive, &sealed, reason, now)?;
        entries.push(entry);
        rows.extend(kept.iter().zip(opened).map(|(one, row)| shown(one, row)));
    }
    Ok(json!({
        "format": FORMAT,
        "made_at": now.to_string(),
        "audit_entries": entries,
        "reason": question.reason,
        "rows": rows,
    }))
}

fn shown(kept: &RetainedRow, opened: DisclosedRow) -> Value {
    let DisclosedRow { id, day, value } = opened;
    json!({
        "kind": kept.kind.as_str(),
        "id": hex(&id),
        "day": day.to_date(),
        "law": kept.law,
        "kept_until": kept.until.to_date(),
        "value": value,
    })
}
