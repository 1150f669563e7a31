//! `equipoise placement` and `experiment`: through the running server if there is one, or else with the data opened here.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::Value;

use super::terminal::gone_is_fine;
use super::{Context, Failure};
use crate::app::App;
use crate::experiments::ExperimentArgs;
use crate::operate::{Ask, AskError, Progress, open_app};
use crate::placements::{Door, PlacementArgs, Refused};
use crate::web::Problem;

/// Lists, shows, sets, takes away and tries rules.
pub(super) fn placement(context: &Context, arguments: &PlacementArgs) -> Result<ExitCode, Failure> {
    with_door(context, crate::placements::local, |door| crate::placements::run(arguments, door))
}

/// Plans, starts, ends and reads experiments.
pub(super) fn experiment(context: &Context, arguments: &ExperimentArgs) -> Result<ExitCode, Failure> {
    with_door(context, crate::experiments::local, |door| crate::experiments::run(arguments, door))
}

/// Does the same without a server.
type Local = fn(&Arc<App>, &str, Option<&Value>) -> Result<Value, Problem>;

fn with_door(
    context: &Context,
    local: Local,
    work: impl FnOnce(&Door<'_>) -> Result<String, Refused>,
) -> Result<ExitCode, Failure> {
    let done = match Ask::find(&context.places)? {
        Some(server) => work(&|path, body| {
            let asked = match body {
                Some(body) => server.post(path, body),
                None => server.get(path),
            };
            asked.map_err(|error: AskError| Refused { what: error.to_string(), mend: error.mend() })
        }),
        None => {
            let app = open_app(context.start(Progress::Shown))?;
            let done = work(&|path, body| {
                local(&app, path, body).map_err(|problem| Refused {
                    what: problem.detail().to_owned(),
                    mend: problem.mend().to_owned(),
                })
            });
            let flushed = app.store.flush_openings(app.now());
            app.store.clone().close();
            flushed?;
            done
        }
    };
    let text = done.map_err(|Refused { what, mend }| Failure::failed(what, mend))?;
    let mut out = std::io::stdout().lock();
    gone_is_fine(std::io::Write::write_all(&mut out, text.as_bytes()))?;
    Ok(ExitCode::SUCCESS)
}
