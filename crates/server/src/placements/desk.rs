//! Listing, setting and taking away the rules of places, for the API and the command line alike. Each change is a write
//! of its own with an audit entry, all of it or nothing.

use std::sync::Arc;

use privacy::audit::Author;
use privacy::store::StoreError;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::{StoredPlacement, Write};

use super::{Fault, Rules, check, is_name};
use crate::app::App;
use crate::web::{Problem, ProblemKind};

/// What an operator sends: rules by place, and places that are to lose theirs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default)]
    placements: Map<String, Value>,
    #[serde(default)]
    remove: Vec<String>,
    /// Look through, and change nothing.
    #[serde(default)]
    dry_run: bool,
}

/// All places that have rules, each with what has become wrong with them since.
pub(super) fn list(app: &App) -> Result<Value, Problem> {
    let catalogue = app.engine.catalogue();
    let board = app.placements.board();
    let stored = app.store.read(|tx| tx.placements())?;
    let mut placements = Vec::new();
    for StoredPlacement { name, rules, updated_at } in stored {
        let (rules, warnings) = match serde_json::from_str::<Rules>(&rules) {
            Ok(read) => {
                let warnings = check(&read, &catalogue).into_iter().map(|fault| fault.what).collect();
                (json!(read), warnings)
            }
            Err(error) => (Value::Null, vec![error.to_string()]),
        };
        placements.push(json!({
            "name": name, "rules": rules, "updated_at": updated_at.to_string(), "warnings": warnings,
            "experiment": board.trial(&name).map(|trial| trial.name()),
        }));
    }
    Ok(json!({"placements": placements, "otherwise": Rules::default()}))
}

/// Sets and takes away rules.
pub(super) fn set(app: &Arc<App>, body: &[u8]) -> Result<Value, Problem> {
    let change: Change = serde_json::from_slice(body).map_err(|error| {
        Problem::malformed(
            format!("the body can't be read: {error}"),
            r#"send {"placements": {"home": {…}}, "remove": ["…"], "dry_run": false}"#,
        )
    })?;
    let Change { placements, remove, dry_run } = change;
    let now = app.now();
    let mut rows = Vec::new();
    for (name, rules) in placements {
        if !is_name(&name) {
            return Err(Problem::malformed(
                format!("a place can't be called `{name}`"),
                "use 1 to 64 small letters, digits, `-` and `_`, such as `home` or `product-page`",
            ));
        }
        let rules = checked(app, &name, rules)?;
        let rules = serde_json::to_string(&rules).map_err(|error| Problem::internal(&error))?;
        rows.push(StoredPlacement { name, rules, updated_at: now });
    }
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    if let Some(both) = remove.iter().find(|name| names.contains(name)) {
        return Err(Problem::malformed(
            format!("`{both}` is both set and taken away"),
            "leave it out of one of them",
        ));
    }
    let known = app.store.read(|tx| tx.placements())?;
    if let Some(unknown) = remove.iter().find(|name| known.iter().all(|one| one.name != **name)) {
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("no rules are set for a place `{unknown}`"),
            "see `GET /v1/placements` for the places that have rules",
        ));
    }
    let changes = !rows.is_empty() || !remove.is_empty();
    if changes && !dry_run {
        let (board, gone) = (app.placements.clone(), remove.clone());
        written(app, "placement.set", move |tx| {
            rows.iter().try_for_each(|row| tx.put_placement(row))?;
            for name in &gone {
                tx.delete_placement(name)?;
            }
            board.follow(tx)
        })?;
    }
    Ok(json!({"set": names, "removed": remove, "dry_run": dry_run}))
}

/// Reads and looks rules through.
pub(super) fn checked(app: &App, name: &str, rules: Value) -> Result<Rules, Problem> {
    let rules: Rules = serde_json::from_value(rules).map_err(|error| {
        Problem::malformed(
            format!("the rules of `{name}` can't be read: {error}"),
            "see docs/placements.md for what rules there are",
        )
    })?;
    refuse(name, &check(&rules, &app.engine.catalogue()))?;
    Ok(rules)
}

/// All mistakes in one answer.
pub(crate) fn refuse(name: &str, faults: &[Fault]) -> Result<(), Problem> {
    let Some(first) = faults.first() else { return Ok(()) };
    let what: Vec<&str> = faults.iter().map(|fault| fault.what.as_str()).collect();
    let mut mends = vec![first.mend];
    for fault in faults {
        if !mends.contains(&fault.mend) {
            mends.push(fault.mend);
        }
    }
    Err(Problem::malformed(format!("{name}: {}", what.join("; ")), mends.join("; ")))
}

/// One audited write by the operator.
pub(crate) fn written(
    app: &App,
    name: &'static str,
    work: impl FnOnce(&store::WriteTx<'_>) -> Result<(), StoreError> + Send + 'static,
) -> Result<(), Problem> {
    let author = Author::Operator { id: "api".to_owned(), role: "owner".to_owned() };
    app.store.write::<_, StoreError>(Write { name, author, at: app.now() }, work).wait()?;
    Ok(())
}
