//! Planning, starting, ending and listing experiments, for the API and the command line alike.

use std::sync::Arc;

use models::experiment::plan::{Certainty, detectable, people, sequential_people};
use serde::Deserialize;
use serde_json::{Value, json};
use store::StoredExperiment;

use super::{Design, readout};
use crate::app::App;
use crate::placements::{Fault, check, is_name, refuse, written};
use crate::web::{Problem, ProblemKind};

#[derive(Deserialize)]
struct Start {
    name: String,
    #[serde(default)]
    dry_run: bool,
    #[serde(flatten)]
    design: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    usual: f64,
    #[serde(default)]
    smallest: Option<f64>,
    #[serde(default)]
    people: Option<u64>,
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8], mend: &str) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::malformed(format!("the body can't be read: {error}"), mend))
}

/// All experiments, the newest first.
pub(super) fn list(app: &App) -> Result<Value, Problem> {
    let stored = app.store.read(|tx| tx.experiments())?;
    let one = |stored: StoredExperiment| {
        let StoredExperiment { name, design, started_at, ended_at } = stored;
        let design: Value = serde_json::from_str(&design).unwrap_or_default();
        json!({"name": name, "started_at": started_at.to_string(), "ended_at": ended_at.map(|at| at.to_string()),
               "design": design})
    };
    Ok(json!({"experiments": stored.into_iter().map(one).collect::<Vec<_>>()}))
}

/// Starts an experiment, or says what it would need.
pub(super) fn start(app: &Arc<App>, body: &[u8]) -> Result<Value, Problem> {
    const MEND: &str = r#"send {"name": "…", "placements": ["home"], "goal": "order", "usual": 0.03, "smallest": 0.005, "variants": [{"name": "a"}, {"name": "b", "rules": {…}}]}"#;
    let Start { name, dry_run, design } = read(body, MEND)?;
    let design: Design = serde_json::from_value(design).map_err(|error| {
        Problem::malformed(format!("the experiment `{name}` can't be read: {error}"), MEND)
    })?;
    if !is_name(&name) {
        return Err(Problem::malformed(
            format!("an experiment can't be called `{name}`"),
            "use 1 to 64 small letters, digits, `-` and `_`",
        ));
    }
    let mut faults = design.faults(app.register());
    let (board, catalogue) = (app.placements.board(), app.engine.catalogue());
    for variant in &design.variants {
        for placement in &design.placements {
            match Design::rules(variant, board.place(placement).rules()) {
                Ok(rules) => faults.extend(check(&rules, &catalogue)),
                Err(error) => faults.push(Fault {
                    what: format!("the rules of `{}` can't be read: {error}", variant.name),
                    mend: "see docs/placements.md for what rules there are",
                }),
            }
        }
    }
    refuse(&name, &faults)?;
    let known = app.store.read(|tx| tx.experiments())?;
    let conflict = |what: String, mend: &str| Err(Problem::new(ProblemKind::Conflict, what, mend));
    if known.iter().any(|one| one.name == name) {
        return conflict(
            format!("there is an experiment `{name}` already"),
            "take another name: the earlier result stays to be seen",
        );
    }
    for placement in &design.placements {
        if let Some(other) = board.trial(placement) {
            return conflict(
                format!("in `{placement}` runs the experiment `{}`", other.name()),
                "end it first, or choose another place",
            );
        }
    }
    let (once, always) = design.people().map_err(|error| Problem::internal(&error))?;
    if !dry_run {
        let text = serde_json::to_string(&design).map_err(|error| Problem::internal(&error))?;
        let stored =
            StoredExperiment { name: name.clone(), design: text, started_at: app.now(), ended_at: None };
        let board = app.placements.clone();
        written(app, "experiment.start", move |tx| {
            tx.put_experiment(&stored)?;
            board.follow(tx)
        })?;
    }
    Ok(json!({
        "name": name, "started": !dry_run,
        "needed_for_each": {"looked_at_once": once, "looked_at_any_time": always},
    }))
}

/// Ends an experiment; its places are filled as they are set again.
pub(super) fn stop(app: &Arc<App>, body: &[u8]) -> Result<Value, Problem> {
    let Stop { name } = read(body, r#"send {"name": "…"}"#)?;
    let mut stored = find(app, &name)?;
    if stored.ended_at.is_some() {
        return Err(Problem::new(
            ProblemKind::Conflict,
            format!("the experiment `{name}` has ended already"),
            "see its result with `GET /v1/experiments/result`",
        ));
    }
    stored.ended_at = Some(app.now());
    let board = app.placements.clone();
    written(app, "experiment.stop", move |tx| {
        tx.put_experiment(&stored)?;
        board.follow(tx)
    })?;
    result(app, &name)
}

/// What an experiment shows by now.
pub(super) fn result(app: &App, name: &str) -> Result<Value, Problem> {
    super::flush_exposures(app)?;
    readout::result(app, &find(app, name)?)
}

/// How many people a difference takes, and which difference so many people show.
pub(super) fn plan(body: &[u8]) -> Result<Value, Problem> {
    let Plan { usual, smallest, people: at_hand } =
        read(body, r#"send {"usual": 0.03, "smallest": 0.005} or {"usual": 0.03, "people": 5000}"#)?;
    let wrong = |error: models::experiment::ExperimentError| {
        Problem::malformed(
            error.to_string(),
            "`usual` and `usual` + `smallest` are parts of all people, above 0 and below 1",
        )
    };
    let certainty = Certainty::customary();
    let needed = match smallest {
        None => None,
        Some(smallest) => {
            let once = people(usual, usual + smallest, certainty).map_err(wrong)?;
            let always = sequential_people(usual, usual + smallest, certainty).map_err(wrong)?;
            Some(json!({"looked_at_once": once, "looked_at_any_time": always}))
        }
    };
    let shown = at_hand.map(|n| detectable(usual, n, certainty)).transpose().map_err(wrong)?;
    Ok(json!({"needed_for_each": needed, "smallest_shown": shown}))
}

fn find(app: &App, name: &str) -> Result<StoredExperiment, Problem> {
    let known = app.store.read(|tx| tx.experiments())?;
    known.into_iter().find(|one| one.name == name).ok_or_else(|| {
        Problem::new(
            ProblemKind::NotFound,
            format!("there is no experiment `{name}`"),
            "see `GET /v1/experiments` for those that there are",
        )
    })
}
