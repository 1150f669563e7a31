//! Backups, keys, the operator's token and the doctor, from the command line: through the running server if there is
//! one, or else with the data opened here.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use store::{BackupReport, OpenError, RestoreError};

use super::terminal::{note, say};
use super::{Context, Failure};
use crate::app::SystemEntropy;
use crate::operate::{
    Ask, Diagnosis, Level, Progress, StartOptions, TokenFile, back_up, backup_name, from_inside,
    from_outside, make_closed, open_app,
};

/// Makes a backup.
pub(super) fn backup(context: &Context, to: Option<&Path>) -> Result<ExitCode, Failure> {
    let (made, people) = match Ask::find(&context.places)? {
        Some(server) => through_server(&server, to)?,
        None => {
            let app = open_app(context.start(Progress::Hidden))?;
            let to = to.map_or_else(|| context.places.backups().join(backup_name(app.now())), Path::to_owned);
            let report = back_up(&app, &context.places, &to);
            app.store.clone().close();
            let BackupReport { to, subjects, audit_entries: _, bytes: _ } = report?;
            (to, subjects)
        }
    };
    say(&format!("The backup of {people} people's data is in {}", made.display()))?;
    note(&format!(
        "The keys are not in it. Keep a copy of {} elsewhere: without it nobody can read the backup, and with it anybody can.",
        context.places.key_dir.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// The server writes into its own directory of backups; from there the backup goes where it was asked for.
fn through_server(server: &Ask, to: Option<&Path>) -> Result<(PathBuf, u64), Failure> {
    if let Some(to) = to {
        refuse_occupied(to)?;
    }
    let answer = server.post("/v1/backups", &json!({}))?;
    let made = answer.get("to").and_then(Value::as_str).map(PathBuf::from);
    let Some(made) = made else {
        return Err(Failure::failed(
            "the server didn't say where the backup is",
            "look into `backups` in the data directory",
        ));
    };
    let people = answer.get("people").and_then(Value::as_u64).unwrap_or_default();
    let Some(to) = to else { return Ok((made, people)) };
    move_directory(&made, to).map_err(|error| {
        Failure::failed(
            format!("the backup is made, but could not be moved to `{}`: {error}", to.display()),
            format!("take it from `{}`", made.display()),
        )
    })?;
    Ok((to.to_owned(), people))
}

fn refuse_occupied(to: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(to).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(Failure::failed(
            format!("`{}` isn't empty", to.display()),
            "name a new directory with `--to`",
        )),
        Ok(false) | Err(_) => Ok(()),
    }
}

/// Copies file by file where a new name is not enough, as on another disk.
fn move_directory(from: &Path, to: &Path) -> std::io::Result<()> {
    if let Some(above) = to.parent() {
        make_closed(above)?;
    }
    if std::fs::rename(from, to).is_ok() {
        return Ok(());
    }
    make_closed(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let copied = to.join(entry.file_name());
        // Permissions come along.
        std::fs::copy(entry.path(), &copied)?;
        std::fs::File::open(&copied)?.sync_all()?;
    }
    std::fs::File::open(to)?.sync_all()?;
    std::fs::remove_dir_all(from)
}

/// Brings a backup back.
pub(super) fn restore(context: &Context, from: &Path) -> Result<ExitCode, Failure> {
    if let Some(server) = Ask::find(&context.places)? {
        return Err(Failure::failed(
            format!("a server at {} has this data open", server.origin()),
            "stop it, move its data away, then bring the backup back",
        ));
    }
    let StartOptions { places, clock, entropy, .. } = context.start(Progress::Hidden);
    let options = store::Options { data_dir: places.data_dir, key_dir: places.key_dir, entropy };
    let report = store::restore(from, &options, clock()).map_err(|error| {
        let mend = match &error {
            RestoreError::Occupied(_) => {
                "move what is in the data directory away (the key directory stays), and try again"
            }
            RestoreError::NoBackup(_) => "name the directory that `equipoise backup` made",
            RestoreError::OtherShop(_) => "name this shop's own keys with `--key-dir`",
            RestoreError::EpochMissing { .. } => {
                "take a backup from after the last `equipoise keys rotate`, or put back the newest copy of `keys.db`"
            }
            RestoreError::EpochForeign { .. } => {
                "name this shop's own keys with `--key-dir`, put back as a whole from one copy"
            }
            RestoreError::Open(OpenError::Keyring(_)) => {
                "put back your copy of the key directory first, or name it with `--key-dir`"
            }
            RestoreError::Open(_) | RestoreError::Store(_) => {
                "see that this user may write to the data directory, and that the backup is whole"
            }
        };
        Failure::failed(&error, mend)
    })?;
    say(&format!(
        "The data of {} people is back; {} who were erased since stay erased.",
        report.subjects, report.erased_again
    ))?;
    if let Some(lost) =
        report.audit_before.and_then(|before| before.checked_sub(report.audit_kept)).filter(|n| *n > 0)
    {
        say(&format!(
            "The audit log goes on from the backup and says so; {lost} entries from after it are not in it any more."
        ))?;
    }
    say("Next: `equipoise doctor`, then `equipoise serve`.")?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a new epoch of keys.
pub(super) fn rotate_keys(context: &Context) -> Result<ExitCode, Failure> {
    let epoch = match Ask::find(&context.places)? {
        Some(server) => server.post("/v1/keys/rotate", &json!({}))?.get("epoch").and_then(Value::as_u64),
        None => {
            let app = open_app(context.start(Progress::Hidden))?;
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} keys, {eta} left");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let rotated = app.store.rotate_epoch(app.now(), &|done, of| {
                bar.set_length(of);
                bar.set_position(done);
            });
            bar.finish_and_clear();
            app.store.clone().close();
            Some(u64::from(rotated?.0))
        }
    };
    let number = epoch.map_or_else(String::new, |epoch| format!(" {epoch}"));
    say(&format!("All keys are under the new epoch{number} now; the old epoch's key is destroyed."))?;
    note("Copies of the key directory from before can't open newer data: copy it anew.");
    Ok(ExitCode::SUCCESS)
}

/// Says where the token is, never what it is.
pub(super) fn show_token(context: &Context) -> Result<ExitCode, Failure> {
    let file = TokenFile::in_directory(&context.places.key_dir);
    file.read()?;
    say(&file.path().display().to_string())?;
    note(
        "Send it as `Authorization: Bearer …` from your own servers. It opens everything: keep it out of web pages and logs.",
    );
    Ok(ExitCode::SUCCESS)
}

/// Makes a new token.
pub(super) fn rotate_token(context: &Context) -> Result<ExitCode, Failure> {
    let file = TokenFile::in_directory(&context.places.key_dir);
    file.rotate(&SystemEntropy)?;
    say(&file.path().display().to_string())?;
    note("The new token holds once the server is started again; the old one holds until then.");
    Ok(ExitCode::SUCCESS)
}

/// A check-up for people: one line each, with the mend below.
pub(super) fn doctor(context: &Context) -> Result<ExitCode, Failure> {
    let found = look(context);
    for Diagnosis { level, part, what, mend } in &found {
        let word = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Wrong => "wrong  ",
        };
        say(&format!("{word}  {part}: {what}"))?;
        if let Some(mend) = mend {
            say(&format!("         → {mend}"))?;
        }
    }
    Ok(verdict(&found))
}

/// A check-up for programs.
pub(super) fn doctor_for_programs(context: &Context) -> Result<ExitCode, Failure> {
    let found = look(context);
    let text = serde_json::to_string_pretty(&found);
    say(&text.map_err(|error| Failure::failed(error, "run it without `--json`"))?)?;
    Ok(verdict(&found))
}

fn verdict(found: &[Diagnosis]) -> ExitCode {
    let wrong = found.iter().any(|diagnosis| diagnosis.level == Level::Wrong);
    if wrong { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

fn look(context: &Context) -> Vec<Diagnosis> {
    let start = context.start(Progress::Hidden);
    let mut found = from_outside(&context.places, &start.register, (start.clock)());
    match inside(context, start) {
        // What both saw is said once.
        Ok(more) => {
            for diagnosis in more {
                // The room on a disk changes between two looks.
                let seen = |known: &Diagnosis| {
                    *known == diagnosis || (known.part == "disk" && diagnosis.part == "disk")
                };
                if !found.iter().any(seen) {
                    found.push(diagnosis);
                }
            }
        }
        Err(failure) => found.push(Diagnosis {
            level: Level::Wrong,
            part: "data".to_owned(),
            what: failure.what().to_owned(),
            mend: Some(failure.mend().to_owned()),
        }),
    }
    found
}

fn inside(context: &Context, start: StartOptions) -> Result<Vec<Diagnosis>, Failure> {
    if let Some(server) = Ask::find(&context.places)? {
        let found = serde_json::from_value(server.get("/v1/doctor")?);
        return found.map_err(|error| {
            Failure::failed(
                format!("the server's answer can't be read: {error}"),
                "use one version of the program for both",
            )
        });
    }
    if !context.places.data_dir.join("equipoise.db").exists() {
        return Err(Failure::failed(
            format!("there is no data in `{}` yet", context.places.data_dir.display()),
            "start `equipoise serve` once, or name your data with `--data-dir`",
        ));
    }
    let app = open_app(start)?;
    let found = from_inside(&app);
    app.store.clone().close();
    Ok(found?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_moves_into_a_new_directory_and_never_over_another() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("deep/to"));
        std::fs::create_dir(&from).unwrap();
        std::fs::write(from.join("equipoise.db"), "x").unwrap();
        refuse_occupied(&to).unwrap();
        move_directory(&from, &to).unwrap();
        assert!(!from.exists() && to.join("equipoise.db").exists());
        assert!(refuse_occupied(&to).unwrap_err().to_string().contains("isn't empty"));
    }

    #[test]
    fn every_directory_that_a_command_makes_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("equipoise.toml");
        std::fs::write(&config, privacy::register::TEMPLATE).unwrap();
        let at = |data: &str, keys: Option<&Path>| Context {
            places: crate::operate::Places::new(&place.path().join(data), keys),
            config: config.clone(),
        };
        let first = at("one/data", None);
        let to = place.path().join("backups/deep/monday");
        backup(&first, Some(&to)).unwrap();
        let moved = place.path().join("moved/deep/monday");
        move_directory(&to, &moved).unwrap();
        let second = at("two/data", Some(&first.places.key_dir));
        restore(&second, &moved).unwrap();
        let mut seen = 0;
        let mut open: Vec<_> = ["one", "backups", "moved", "two"].map(|name| place.path().join(name)).into();
        while let Some(directory) = open.pop() {
            let mode = std::fs::metadata(&directory).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", directory.display());
            seen += 1;
            let entries = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
            open.extend(entries.filter(|path| path.is_dir()));
        }
        assert!(seen >= 10, "{seen}");
    }

    #[test]
    fn one_wrong_thing_makes_the_exit_code_1() {
        let diagnosis = |level| Diagnosis { level, part: "x".to_owned(), what: "y".to_owned(), mend: None };
        let code = |levels: &[Level]| {
            format!("{:?}", verdict(&levels.iter().copied().map(diagnosis).collect::<Vec<_>>()))
        };
        assert_eq!(code(&[Level::Ok, Level::Warning]), format!("{:?}", ExitCode::SUCCESS));
        assert_eq!(code(&[Level::Ok, Level::Wrong]), format!("{:?}", ExitCode::from(1)));
    }
}
