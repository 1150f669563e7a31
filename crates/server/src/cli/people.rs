//! `equipoise import`, `subject` and `audit`: what concerns people, done by the features that may; this file only
//! opens the door to them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::terminal::say;
use super::{Context, Failure};
use crate::intake::import::{Import, ImportArgs, Report};
use crate::operate::{Ask, Places, Progress, open_app, public_key_file};
use crate::rights::{AuditArgs, CliError, Door, SubjectArgs};

/// Takes a file in.
pub(super) fn import(context: &Context, arguments: &ImportArgs) -> Result<ExitCode, Failure> {
    let app = open_app(context.start(Progress::Shown))?;
    let import =
        Import { store: &app.store, engine: &app.engine, entropy: Arc::clone(&app.entropy), now: app.now() };
    let report = arguments.run(&import);
    let flushed = app.store.flush_openings(app.now());
    app.store.clone().close();
    let report = report.map_err(|error| {
        Failure::failed(
            &error,
            "what was stored till then stays; mend that, and give the same command again to go on",
        )
    })?;
    flushed?;
    tell(&report)?;
    Ok(ExitCode::SUCCESS)
}

fn tell(report: &Report) -> Result<(), Failure> {
    let Report {
        lines,
        stored,
        duplicate,
        refused,
        reasons,
        rejected,
        rejects,
        without_customer,
        products,
        was_done,
        advice,
    } = report;
    if *was_done {
        say("This whole file had been imported before; nothing came in twice.")?;
    }
    say(&format!(
        "{lines} lines: {stored} stored, {duplicate} there already, {refused} refused, {rejected} unreadable"
    ))?;
    for (reason, count) in reasons {
        say(&format!("  refused, {reason}: {count}"))?;
    }
    if *without_customer > 0 {
        say(&format!("  {without_customer} lines name no customer"))?;
    }
    if *products > 0 {
        say(&format!("  {products} products are new to the catalogue"))?;
    }
    if *rejected > 0 {
        say(&format!("The unreadable lines are in {}", rejects.display()))?;
    }
    if let Some(advice) = advice {
        say(&format!("→ {advice}"))?;
    }
    Ok(())
}

/// Does what a person has a right to, through the running server if there is one.
pub(super) fn subject(context: &Context, arguments: &SubjectArgs) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    if let Some(server) = Ask::find(&context.places)? {
        let door = Door::Remote { base: server.origin().to_owned(), token: server.token().to_owned() };
        crate::rights::run(arguments, &door, &mut out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let app = open_app(context.start(Progress::Shown))?;
    let done = crate::rights::run(arguments, &Door::Local(Arc::clone(&app)), &mut out);
    let flushed = app.store.flush_openings(app.now());
    app.store.clone().close();
    done?;
    flushed?;
    Ok(ExitCode::SUCCESS)
}

/// Checks the log or a certificate.
pub(super) fn audit(context: &Context, arguments: &AuditArgs) -> Result<ExitCode, Failure> {
    let own = |data_dir: &Path| {
        // The key directory that was named belongs to the data directory that was named.
        let places = match data_dir == context.places.data_dir {
            true => context.places.clone(),
            false => Places::new(data_dir, None),
        };
        std::fs::read_to_string(public_key_file(&places.key_dir)).ok()?.trim().parse().ok()
    };
    Ok(crate::rights::run_audit(arguments, &own, &mut std::io::stdout().lock())?.into())
}

impl From<CliError> for Failure {
    fn from(error: CliError) -> Self {
        match error {
            CliError::Refused { detail, mend } => Self::failed(detail, mend),
            CliError::Arguments(what) => {
                Self::asked(what, "see `equipoise subject --help` and `equipoise audit --help`")
            }
            CliError::Unreachable { base, why } => Self::failed(
                format!("the server at {base} could not be asked: {why}"),
                "look into its log; if it hangs, stop it and try again",
            ),
            CliError::File { .. } => {
                Self::failed(&error, "name a new file in a directory that this user may write to")
            }
            CliError::Store(error) => error.into(),
        }
    }
}
