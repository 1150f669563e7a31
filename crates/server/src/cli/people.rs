//! `equipoise import`, `subject`, `offers` and `audit`: what concerns people, done by the features that may; this file only
//! opens the door to them.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::terminal::say;
use super::{Context, Failure};
use crate::intake::import::{Import, ImportArgs};
use crate::offers::OffersArgs;
use crate::operate::{Ask, Places, Progress, open_app, public_key_file};
use crate::rights::{
    AuditArgs, AuditCommand, CliError, Door, Purposes, Rectify, SubjectArgs, SubjectCommand,
};

/// Takes a file in.
pub(super) fn import(context: &Context, arguments: &ImportArgs) -> Result<ExitCode, Failure> {
    let app = open_app(context.start(Progress::Shown))?;
    let import =
        Import { store: &app.store, engine: &app.engine, entropy: Arc::clone(&app.entropy), now: app.now() };
    let report = arguments.run(&import);
    let flushed = app.store.flush_openings(app.now());
    app.store.clone().close();
    let report = report.map_err(|error| Failure::failed(&error, error.mend()))?;
    flushed?;
    for line in report.told(arguments.format) {
        say(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Does what a person has a right to, through the running server if there is one.
pub(super) fn subject(context: &Context, arguments: &SubjectArgs) -> Result<ExitCode, Failure> {
    refuse_incomplete(&arguments.command)?;
    through(context, |door| crate::rights::run(arguments, door, &mut std::io::stdout().lock()))
}

/// Plans campaigns and asks who may be written to, through the running server if there is one.
pub(super) fn offers(context: &Context, arguments: &OffersArgs) -> Result<ExitCode, Failure> {
    through(context, |door| crate::offers::run(arguments, door, &mut std::io::stdout().lock()))
}

/// Does something through the running server, or else with the data opened here.
fn through(context: &Context, work: impl FnOnce(&Door) -> Result<(), CliError>) -> Result<ExitCode, Failure> {
    if let Some(server) = Ask::find(&context.places)? {
        work(&Door::Remote { base: server.origin().to_owned(), token: server.token().to_owned() })?;
        return Ok(ExitCode::SUCCESS);
    }
    let app = open_app(context.start(Progress::Shown))?;
    let done = work(&Door::Local(Arc::clone(&app)));
    let flushed = app.store.flush_openings(app.now());
    app.store.clone().close();
    done?;
    flushed?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses what would be refused anyway, before the data is opened and in the words of the command line.
fn refuse_incomplete(command: &SubjectCommand) -> Result<(), Failure> {
    match command {
        SubjectCommand::Object(Purposes { whom: _, purposes })
        | SubjectCommand::Unobject(Purposes { whom: _, purposes }) => {
            if purposes.is_empty() {
                return Err(Failure::asked(
                    "it isn't said which purposes it is about",
                    "add `--purpose NAME` for each, as equipoise.toml names it",
                ));
            }
        }
        SubjectCommand::Rectify(Rectify { whom: _, set, row, value: _, delete }) => {
            if set.is_empty() && row.is_none() && delete.is_none() {
                return Err(Failure::asked(
                    "it isn't said what to set right",
                    "add `--set FIELD=VALUE`, `--row KIND:ID --value JSON` or `--delete KIND:ID`",
                ));
            }
        }
        SubjectCommand::Withdraw(_)
        | SubjectCommand::Access(_)
        | SubjectCommand::Export(_)
        | SubjectCommand::Restrict(_)
        | SubjectCommand::Unrestrict(_)
        | SubjectCommand::Erase(_)
        | SubjectCommand::Receipts(_)
        | SubjectCommand::Kept(_) => {}
    }
    match command.out() {
        Some(path) if path.exists() => Err(Failure::failed(
            format!("`{}` is there already; it was not touched", path.display()),
            "name a new file",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Checks the log or a certificate.
pub(super) fn audit(context: &Context, arguments: &AuditArgs) -> Result<ExitCode, Failure> {
    let arguments = with_own_data(context, arguments)?;
    let own = |data_dir: &Path| {
        // The key directory that was named belongs to the data directory that was named.
        let places = match data_dir == context.places.data_dir {
            true => context.places.clone(),
            false => Places::new(data_dir, None),
        };
        std::fs::read_to_string(public_key_file(&places.key_dir)).ok()?.trim().parse().ok()
    };
    Ok(crate::rights::run_audit(&arguments, &own, &mut std::io::stdout().lock())?.into())
}

/// Where neither data nor a certificate is named, the shop's own data is meant.
fn with_own_data(context: &Context, arguments: &AuditArgs) -> Result<AuditArgs, Failure> {
    let AuditCommand::Verify { certificate, key, data_dir } = &arguments.command;
    let has_data = |directory: &Path| directory.join("equipoise.db").exists();
    let own = &context.places.data_dir;
    let data_dir = match data_dir {
        Some(named) if !has_data(named) => {
            return Err(Failure::failed(
                format!("there is no data in `{}`", named.display()),
                "name the directory of your shop's data with `--data-dir`",
            ));
        }
        Some(named) => Some(named.clone()),
        None if certificate.is_some() => None,
        None if has_data(own) => Some(own.clone()),
        None => {
            return Err(Failure::asked(
                format!("it isn't said what to check, and there is no data in `{}`", own.display()),
                "equipoise audit verify --data-dir equipoise-data",
            ));
        }
    };
    let (certificate, key) = (certificate.clone(), key.clone());
    Ok(AuditArgs { command: AuditCommand::Verify { certificate, key, data_dir } })
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

#[cfg(test)]
mod tests {
    use super::super::failure::Fault;
    use super::*;
    use crate::rights::{Identity, Whom};

    fn whom(out: Option<&Path>) -> Whom {
        let identity =
            Identity { user_id: Some("c-17".to_owned()), email: None, anonymous_id: None, phone: None };
        Whom { identity, out: out.map(Path::to_owned) }
    }

    #[test]
    fn incomplete_requests_are_answered_in_flags() {
        let nothing = Rectify { whom: whom(None), set: vec![], row: None, value: None, delete: None };
        let purposes = || Purposes { whom: whom(None), purposes: vec![] };
        for (command, flag) in [
            (SubjectCommand::Object(purposes()), "--purpose NAME"),
            (SubjectCommand::Unobject(purposes()), "--purpose NAME"),
            (SubjectCommand::Rectify(nothing), "--set FIELD=VALUE"),
        ] {
            let failure = refuse_incomplete(&command).unwrap_err();
            assert!(failure.mend().contains(flag), "{failure}");
            assert_eq!(failure.fault(), Fault::Asked);
        }
        refuse_incomplete(&SubjectCommand::Withdraw(purposes())).unwrap();
    }

    #[test]
    fn an_answer_is_not_written_over_a_file() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.json");
        refuse_incomplete(&SubjectCommand::Access(whom(Some(&path)))).unwrap();
        std::fs::write(&path, "mine").unwrap();
        let failure = refuse_incomplete(&SubjectCommand::Access(whom(Some(&path)))).unwrap_err();
        assert!(
            failure.to_string().ends_with("is there already; it was not touched\n→ name a new file"),
            "{failure}"
        );
    }

    #[test]
    fn the_shops_own_data_is_checked_unless_something_else_is_named() {
        let place = tempfile::tempdir().unwrap();
        let context =
            Context { places: Places::new(place.path(), None), config: place.path().join("equipoise.toml") };
        let asked = |certificate: Option<&str>, data_dir: Option<&str>| AuditArgs {
            command: AuditCommand::Verify {
                certificate: certificate.map(Into::into),
                key: None,
                data_dir: data_dir.map(Into::into),
            },
        };
        let meant = |arguments: &AuditArgs| {
            with_own_data(&context, arguments).map(|AuditArgs { command }| {
                let AuditCommand::Verify { data_dir, .. } = command;
                data_dir
            })
        };
        let failure = meant(&asked(None, None)).unwrap_err();
        assert!(
            failure.to_string().ends_with("→ equipoise audit verify --data-dir equipoise-data"),
            "{failure}"
        );
        let failure = meant(&asked(None, Some("nowhere"))).unwrap_err();
        assert!(failure.what() == "there is no data in `nowhere`" && !failure.mend().is_empty(), "{failure}");
        std::fs::write(place.path().join("equipoise.db"), "").unwrap();
        assert_eq!(meant(&asked(None, None)).unwrap().as_deref(), Some(place.path()));
        assert_eq!(meant(&asked(Some("c.json"), None)).unwrap(), None);
    }

    #[test]
    fn a_certificate_that_is_nowhere_is_answered_with_where_certificates_come_from() {
        let command = AuditCommand::Verify { certificate: Some("nowhere".into()), key: None, data_dir: None };
        let error = crate::rights::run_audit(&AuditArgs { command }, &|_| None, &mut Vec::new()).unwrap_err();
        let failure = Failure::from(error);
        assert_eq!(
            failure.to_string(),
            "there is no file `nowhere`\n→ name the file that `subject erase --out` wrote"
        );
    }

    #[test]
    fn a_reader_who_has_gone_away_is_no_error() {
        struct Gone;
        impl std::io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("equipoise.toml");
        std::fs::write(&config, privacy::register::TEMPLATE).unwrap();
        let context = Context { places: Places::new(place.path(), None), config };
        open_app(context.start(Progress::Hidden)).unwrap().store.clone().close();
        let command =
            AuditCommand::Verify { certificate: None, key: None, data_dir: Some(place.path().to_owned()) };
        let own = |_: &Path| {
            std::fs::read_to_string(public_key_file(&context.places.key_dir)).ok()?.trim().parse().ok()
        };
        let verdict = crate::rights::run_audit(&AuditArgs { command }, &own, &mut Gone).unwrap();
        assert_eq!(verdict, crate::rights::Verdict::Holds);
    }
}
