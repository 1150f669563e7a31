//! The check-up: what is right, doubtful or wrong with a shop's server, each with its mend. It looks only; it must
//! never mend anything by itself, and never show whose data is concerned.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use axum::Json;
use jiff::{SignedDuration, Timestamp};
use privacy::audit::Entry;
use privacy::store::StoreError;
use serde::{Deserialize, Serialize};

use super::backups::LAST;
use super::disk::free_bytes;
use super::{Places, RegisterSource, TokenError, TokenFile, read_register};
use crate::app::App;
use crate::web::{Problem, State};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// It must be mended.
    Wrong,
}

/// One line of a check-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// How bad it is.
    pub level: Level,
    /// Which part: `register`, `permissions`, `disk`, `clock`, …
    pub part: String,
    /// What was found.
    pub what: String,
    /// What to do; nothing where all is well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mend: Option<String>,
}

impl Diagnosis {
    fn ok(part: &str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, part: part.to_owned(), what: what.into(), mend: None }
    }

    fn warning(part: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Warning, part: part.to_owned(), what: what.into(), mend: Some(mend.into()) }
    }

    fn wrong(part: &str, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { level: Level::Wrong, part: part.to_owned(), what: what.into(), mend: Some(mend.into()) }
    }
}

const MIB: u64 = 1 << 20;
/// Below this the server may stop at any moment.
const DISK_WRONG: u64 = 256 * MIB;
/// Below this it should be looked at.
const DISK_WARNING: u64 = 2048 * MIB;
/// A backup older than this is doubtful.
const BACKUP_DAYS: i64 = 7;
/// A clock may be set back by so much without a word.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(5);

/// What can be seen without opening the data: register, permissions, disk, backups.
#[must_use]
pub fn from_outside(places: &Places, register: &RegisterSource, now: Timestamp) -> Vec<Diagnosis> {
    let mut found = check_register(register);
    found.extend(check_permissions(places));
    found.push(check_disk(&places.data_dir));
    found.push(check_backup(places, now));
    found
}

/// What only the store's owner can see: the clock against the newest entry, and the store's own check of its files,
/// ledgers, audit log and keys. Reads everything.
///
/// # Errors
/// [`StoreError`] when the store can't even be looked at.
pub fn from_inside(app: &App) -> Result<Vec<Diagnosis>, StoreError> {
    let now = app.now();
    let (size, newest, people) = app.store.read(|tx| {
        let size = tx.audit_size()?;
        let newest = tx.audit_entries(size.saturating_sub(1), 1)?;
        Ok::<_, StoreError>((size, newest, tx.subject_count()?))
    })?;
    let newest = newest.first().and_then(|(_, bytes, _)| Entry::decode(bytes).ok()).map(|entry| entry.at);
    let mut found = vec![check_clock(newest, now)];
    let findings = app.store.check()?;
    for (part, well) in [
        ("database", "the database files are whole".to_owned()),
        ("keys", "the keys of every epoch open, and no rotation is unfinished".to_owned()),
        ("permissions", "the store's files are closed to others".to_owned()),
        ("notices", "every version of the notice can be read".to_owned()),
        ("ledger", format!("the decisions of {people} people can be read")),
        ("audit", format!("the audit log's {size} entries are those that were signed")),
    ] {
        if findings.iter().all(|finding| finding.part != part) {
            found.push(Diagnosis::ok(part, well));
        }
    }
    found.extend(findings.into_iter().map(|finding| {
        let store::Finding { part, what, mend } = finding;
        Diagnosis::wrong(part, what, mend)
    }));
    // Opening the store finishes what a crash interrupted, and fails otherwise.
    found.push(Diagnosis::ok("erasures", "no erasure is unfinished"));
    found.push(match app.store.queue_length() {
        0..=999 => Diagnosis::ok("queue", "writes keep up"),
        many => {
            Diagnosis::warning("queue", format!("{many} writes wait"), "see whether the disk is slow or full")
        }
    });
    Ok(found)
}

fn check_register(register: &RegisterSource) -> Vec<Diagnosis> {
    match read_register(register) {
        Ok(register) => {
            let mut found =
                vec![Diagnosis::ok("register", format!("{} purposes are declared", register.purposes.len()))];
            let example = |text: &str| text.contains("your-shop.example") || text.contains("Your Shop");
            if example(&register.shop.name)
                || example(&register.shop.controller)
                || example(&register.shop.contact)
            {
                found.push(Diagnosis::warning(
                    "register",
                    "the shop's name or address is still the example's",
                    "change what is marked CHANGE in equipoise.toml; your customers read it",
                ));
            }
            if register.write_keys.contains("change-me-web") {
                found.push(Diagnosis::warning(
                    "register",
                    "the write key is still the example's",
                    "write a key of your own into `intake.write_keys`",
                ));
            }
            found
        }
        Err(error) => vec![Diagnosis::wrong("register", error.to_string(), error.mend())],
    }
}

fn check_permissions(places: &Places) -> Vec<Diagnosis> {
    let token = TokenFile::in_directory(&places.key_dir);
    let mut found = match token.read() {
        Ok(_) => vec![Diagnosis::ok("token", "the operator's token is closed to others")],
        Err(error @ TokenError::Missing(_)) => {
            vec![Diagnosis::warning("token", error.to_string(), error.mend())]
        }
        Err(error) => vec![Diagnosis::wrong("token", error.to_string(), error.mend())],
    };
    match TokenFile::of_login(&places.key_dir).read() {
        // The next start makes one.
        Ok(_) | Err(TokenError::Missing(_)) => {}
        Err(error) => found.push(Diagnosis::wrong("login", error.to_string(), error.mend())),
    }
    for directory in [&places.data_dir, &places.key_dir] {
        match std::fs::metadata(directory) {
            Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => {
                let what = format!("`{}` is closed to others", directory.display());
                found.push(Diagnosis::ok("permissions", what));
            }
            Ok(_) => found.push(Diagnosis::wrong(
                "permissions",
                format!("others on this machine can look into `{}`", directory.display()),
                format!("run `chmod 700 {}`", directory.display()),
            )),
            Err(error) => found.push(Diagnosis::wrong(
                "permissions",
                format!("`{}` can't be used: {error}", directory.display()),
                "name the shop's own with `--data-dir` and `--key-dir`, or start `equipoise serve` once",
            )),
        }
    }
    found
}

fn check_disk(directory: &Path) -> Diagnosis {
    let left = |bytes: u64| format!("{} MB are free for `{}`", bytes / MIB, directory.display());
    match free_bytes(directory) {
        Ok(bytes) if bytes < DISK_WRONG => Diagnosis::wrong("disk", left(bytes), "make room at once"),
        Ok(bytes) if bytes < DISK_WARNING => Diagnosis::warning("disk", left(bytes), "make room soon"),
        Ok(bytes) => Diagnosis::ok("disk", left(bytes)),
        Err(why) => Diagnosis::warning("disk", why, "see by hand how much of the disk is free"),
    }
}

fn check_backup(places: &Places, now: Timestamp) -> Diagnosis {
    let noted = std::fs::read_to_string(places.data_dir.join(LAST)).ok();
    let last: Option<Timestamp> = noted.and_then(|text| text.trim().parse().ok());
    let mend = "run `equipoise backup`, and keep it and the key directory on two other machines";
    match last.map(|at| now.duration_since(at).as_hours() / 24) {
        None => Diagnosis::warning("backup", "there was never a backup", mend),
        Some(days) if days > BACKUP_DAYS => {
            Diagnosis::warning("backup", format!("the last backup is {days} days old"), mend)
        }
        Some(days) => Diagnosis::ok(
            "backup",
            match days {
                ..=0 => "the last backup is of today".to_owned(),
                1 => "the last backup is 1 day old".to_owned(),
                _ => format!("the last backup is {days} days old"),
            },
        ),
    }
}

fn check_clock(newest: Option<Timestamp>, now: Timestamp) -> Diagnosis {
    match newest {
        Some(at) if at.duration_since(now) > CLOCK_SLACK => Diagnosis::wrong(
            "clock",
            format!("the clock says {now:.0}, but the audit log has an entry of {at:.0}"),
            "set the clock (`timedatectl set-ntp true`); consents and retention go by it",
        ),
        _ => Diagnosis::ok("clock", format!("the clock says {now:.0}")),
    }
}

/// `GET /v1/doctor`: what the running server sees.
pub(super) async fn answer(
    axum::extract::State(app): State,
    places: Places,
) -> Result<Json<Vec<Diagnosis>>, Problem> {
    let looked = tokio::task::spawn_blocking(move || {
        let mut found = from_inside(&app)?;
        found.push(check_disk(&places.data_dir));
        found.push(check_backup(&places, app.now()));
        Ok::<_, StoreError>(found)
    })
    .await;
    match looked {
        Ok(found) => Ok(Json(found?)),
        Err(error) => Err(Problem::internal(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_clock_behind_the_log_is_wrong() {
        let now = at("2026-11-22T10:00:00Z");
        assert_eq!(check_clock(None, now).level, Level::Ok);
        assert_eq!(check_clock(Some(at("2026-11-22T10:00:04Z")), now).level, Level::Ok);
        let found = check_clock(Some(at("2026-11-22T10:05:00Z")), now);
        assert_eq!(found.level, Level::Wrong);
        assert!(found.mend.is_some());
    }

    #[test]
    fn backups_grow_old() {
        let place = tempfile::tempdir().unwrap();
        let places = Places::new(place.path(), None);
        let now = at("2026-11-22T10:00:00Z");
        assert_eq!(check_backup(&places, now).level, Level::Warning);
        super::super::note_backup(&places, at("2026-11-20T10:00:00Z")).unwrap();
        assert_eq!(check_backup(&places, now).what, "the last backup is 2 days old");
        assert_eq!(check_backup(&places, now).level, Level::Ok);
        let same_day = check_backup(&places, at("2026-11-20T12:00:00Z"));
        assert_eq!(same_day.what, "the last backup is of today");
        assert_eq!(check_backup(&places, at("2026-12-22T10:00:00Z")).level, Level::Warning);
    }

    #[test]
    fn the_examples_own_words_are_doubtful_and_a_mistake_is_wrong() {
        let found = check_register(&RegisterSource::Text(privacy::register::TEMPLATE.to_owned()));
        assert_eq!(found.iter().filter(|line| line.level == Level::Warning).count(), 2, "{found:?}");
        let found = check_register(&RegisterSource::Text("[shopp]".to_owned()));
        assert!(found.iter().all(|line| line.level == Level::Wrong && line.mend.is_some()), "{found:?}");
    }

    #[test]
    fn directories_that_others_can_look_into_are_wrong() {
        let place = tempfile::tempdir().unwrap();
        let places = Places::new(place.path(), Some(place.path()));
        TokenFile::in_directory(place.path()).hash_or_make(&crate::app::SystemEntropy).unwrap();
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(check_permissions(&places).iter().filter(|line| line.level == Level::Wrong).count(), 2);
        std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(check_permissions(&places).iter().all(|line| line.level == Level::Ok));
    }
}
