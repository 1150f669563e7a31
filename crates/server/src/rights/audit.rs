//! `equipoise audit verify`: checks a certificate, a log, or both against each other, without any server and without
//! the keys that open data. Says in plain words what was checked, what is wrong, and what that means.

use std::io::Write;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use privacy::audit::{Extent, Fault, KeysAtRestore, LogVerifier, Report, Restore, SeenRestore, VerifyingKey};
use privacy::rights::{Certificate, CertificateError, Verified};
use serde_json::Value;
use store::{AuditTrail, audit_trail};

use super::CliError;
use super::command::{say, unusable};

/// The arguments of `equipoise audit`.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// What is to be done.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// What can be done with the audit log.
#[derive(Debug, clap::Subcommand)]
pub enum AuditCommand {
    /// Check the log, or a certificate of erasure, or that the certificate's log is this log
    Verify {
        /// A certificate of erasure
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
        /// The shop's public key, `name+hash+key`, as it was made known
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// The shop's data, for its log
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

/// What a check came to; the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Everything that was checked holds.
    Holds,
    /// Something doesn't.
    Fails,
}

impl From<Verdict> for std::process::ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Holds => Self::SUCCESS,
            Verdict::Fails => Self::FAILURE,
        }
    }
}

/// From so many entries on a progress bar is shown.
const LONG: u64 = 100_000;

/// Checks what was asked. `own` finds the public key of the shop whose data directory is given, where it can be had.
///
/// # Errors
/// [`CliError`] when something could not be checked at all.
pub fn run(
    args: &AuditArgs,
    own: &dyn Fn(&Path) -> Option<VerifyingKey>,
    out: &mut dyn Write,
) -> Result<Verdict, CliError> {
    let AuditCommand::Verify { certificate, key, data_dir } = &args.command;
    let stated: Option<VerifyingKey> = key.as_deref().map(str::parse).transpose().map_err(|_| {
        CliError::Arguments("--key is no key of the form name+hash+key; copy it whole".to_owned())
    })?;
    if certificate.is_none() && data_dir.is_none() {
        return Err(CliError::Arguments(
            "say what to check: --certificate FILE, --data-dir DIR, or both".to_owned(),
        ));
    }
    let known = stated.or_else(|| data_dir.as_deref().and_then(own));
    let mut from_certificate = None;
    if let Some(path) = certificate {
        let document = read(path)?;
        match Certificate::verify(&document, known.as_ref()) {
            Err(error) => {
                say(out, &format!("The certificate does not hold: {error}.\n{}\n", blame(&error)))?;
                return Ok(Verdict::Fails);
            }
            Ok(verified) => {
                tell_certificate(out, &document, &verified, known.is_some())?;
                let checkpoint = document.pointer("/audit/checkpoint").and_then(Value::as_str);
                from_certificate = checkpoint.map(|note| (verified, note.to_owned()));
            }
        }
    }
    let Some(data_dir) = data_dir else { return Ok(Verdict::Holds) };
    let trail = audit_trail(data_dir)?;
    let key = known.or_else(|| from_certificate.as_ref().map(|(verified, _)| verified.key.clone()));
    let Some(key) = key else {
        return Err(CliError::Arguments(
            "the log's heads are signed: give the shop's public key with --key, or its key directory"
                .to_owned(),
        ));
    };
    let (verified, note) = from_certificate.unzip();
    match check(trail, note, &key) {
        Ok(report) => {
            tell_log(out, &report)?;
            if let Some(verified) = verified {
                tell_bond(out, &verified, &report)?;
            }
            Ok(Verdict::Holds)
        }
        Err(faults) => {
            say(out, "The audit log is NOT in order:\n")?;
            for fault in &faults {
                say(out, &format!("  - {fault}.\n    {}\n", meaning(fault)))?;
            }
            Ok(Verdict::Fails)
        }
    }
}

fn read(path: &Path) -> Result<Value, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => CliError::Refused {
            detail: format!("there is no file `{}`", path.display()),
            mend: "name the file that `subject erase --out` wrote".to_owned(),
        },
        _ => unusable(path, &error),
    })?;
    serde_json::from_str(&text).map_err(|error| CliError::File {
        path: path.display().to_string(),
        why: format!("it is no certificate: {error}"),
    })
}

/// Checks the log against its own heads and against the one that the certificate carries, so that a log that was
/// rewritten since is found out by it.
fn check(trail: AuditTrail, note: Option<String>, key: &VerifyingKey) -> Result<Report, Vec<Fault>> {
    let AuditTrail { origin, rows, heads, restores } = trail;
    let heads: Vec<String> = heads.into_iter().map(|head| head.note).chain(note).collect();
    let mut verifier = LogVerifier::with_restores(&heads, &restores, &origin, std::slice::from_ref(key));
    let total = rows.len() as u64;
    let bar = if total >= LONG { ProgressBar::new(total) } else { ProgressBar::hidden() };
    if let Ok(style) =
        ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} entries, {per_sec}, {eta} left")
    {
        bar.set_style(style);
    }
    for row in &rows {
        verifier.push(row);
        bar.inc(1);
    }
    bar.finish_and_clear();
    verifier.finish()
}

fn tell_certificate(
    out: &mut dyn Write,
    document: &Value,
    verified: &Verified,
    key_is_known: bool,
) -> Result<(), CliError> {
    let Verified { entry, erased_at, log, log_size, root: _, key } = verified;
    say(
        out,
        &format!(
            "The certificate holds.\n\
             \x20 - It was signed by {} and not changed since.\n\
             \x20 - Entry {entry} of the log `{log}`, an erasure at {erased_at}, is in the log of {log_size} entries \
             that the same key signed.\n",
            key.name()
        ),
    )?;
    if !key_is_known {
        say(
            out,
            &format!(
                "  - Note: the key was taken from the certificate itself. To be sure whose it is, compare it with the \
                 key that the shop makes known:\n    {key}\n"
            ),
        )?;
    }
    for kept in document.get("retained").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| kept.get(name).and_then(Value::as_str).unwrap_or("?");
        let count = kept.get("count").and_then(Value::as_u64).unwrap_or(0);
        say(
            out,
            &format!(
                "  - Kept under seal because the law asks for it ({}): {count} of `{}`, until {}.\n",
                text("law"),
                text("kind"),
                text("until")
            ),
        )?;
    }
    Ok(())
}

fn tell_log(out: &mut dyn Write, report: &Report) -> Result<(), CliError> {
    let Report {
        entries,
        root,
        heads,
        signed_entries,
        first_at,
        last_at,
        clock_set_back,
        restores,
        given_up: _,
    } = report;
    say(out, "The audit log is in order.\n")?;
    if let (Some(first), Some(last)) = (first_at, last_at) {
        say(
            out,
            &format!(
                "  - {entries} entries, from {first} to {last}: none changed, missing, moved or put in.\n"
            ),
        )?;
    }
    say(out, &format!("  - {heads} signed heads fit; the newest covers {signed_entries} entries.\n"))?;
    let unsigned = entries.saturating_sub(*signed_entries);
    if unsigned > 0 {
        say(
            out,
            &format!(
                "  - The last {unsigned} entries are not signed yet; the server signs them as it goes on.\n"
            ),
        )?;
    }
    if *clock_set_back > 0 {
        say(
            out,
            &format!("  - The clock was set back {clock_set_back} times; that is no fault of the log.\n"),
        )?;
    }
    for restore in restores {
        tell_restore(out, restore)?;
    }
    say(out, &format!("  - Root over everything: {root}\n"))
}

fn tell_restore(out: &mut dyn Write, restore: &SeenRestore) -> Result<(), CliError> {
    let SeenRestore { seq, at, erased_again, signed } = restore;
    let again = match erased_again {
        0 => "nobody in it had been erased since".to_owned(),
        some => format!("{some} people in it who had been erased since were erased again"),
    };
    let Some(Restore { origin: _, at: _, kept, before, keys, given_up }) = signed else {
        return say(
            out,
            &format!(
                "  - Entry {seq}: a backup was brought back at {at}; {again}. An older version did it, which signed \
                 nothing for it: a head or certificate from before that doesn't fit counts as a fault.\n"
            ),
        );
    };
    let lost = match before {
        Some(before) if before.size > kept.size => format!(
            "at least {} entries that were written after the backup are not in the log any more",
            before.size - kept.size
        ),
        Some(_) => "the log had not grown since the backup".to_owned(),
        None => "how far the log had come before is not known".to_owned(),
    };
    say(
        out,
        &format!(
            "  - Entry {seq}: a backup was brought back at {at}, and the shop signed for it. The log goes on after the \
             backup's {} entries; {lost}; {again}.\n",
            kept.size
        ),
    )?;
    if !given_up.is_empty() {
        say(
            out,
            &format!(
                "    Certificates from in between still prove their erasures, but not by this log. It names {} of \
                 their heads.\n",
                given_up.len()
            ),
        )?;
    }
    match keys {
        KeysAtRestore::Live => Ok(()),
        KeysAtRestore::FromBackup => say(
            out,
            "    The keys came from the backup too, so it can't know of certificates from after the backup.\n",
        ),
    }
}

/// How the certificate and the log, each in order by itself, hang together.
fn tell_bond(out: &mut dyn Write, verified: &Verified, report: &Report) -> Result<(), CliError> {
    let head = Extent { size: verified.log_size, root: verified.root };
    let restore = report
        .restores
        .iter()
        .find(|restore| restore.signed.as_ref().is_some_and(|signed| signed.given_up.contains(&head)));
    match restore {
        None => say(out, "The certificate's entry is in this log.\n"),
        Some(restore) => say(
            out,
            &format!(
                "The certificate's entry is not in this log any more, and the log says why: at {} the shop brought \
                 back a backup from before this erasure, and gave up what the log had gained since. The certificate \
                 still proves the erasure. Whoever was in the backup and had been erased was erased again then.\n",
                restore.at
            ),
        ),
    }
}

const fn blame(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::Form(_) => "The file isn't an erasure certificate, or a newer program made it.",
        CertificateError::Signature => {
            "Either somebody changed the file, or it isn't from this shop. Ask the shop for it again."
        }
        CertificateError::Head | CertificateError::Proof | CertificateError::Entry => {
            "The shop's log doesn't bear the certificate out: it proves nothing. Ask the shop, and keep this file."
        }
    }
}

const fn meaning(fault: &Fault) -> &'static str {
    match fault {
        Fault::Changed { .. } => {
            "Somebody altered what was logged. Restore the database from a backup and compare."
        }
        Fault::HashChanged { .. } => {
            "What was logged is genuine; the hash beside it was damaged. Restore it from a backup."
        }
        Fault::Unreadable { .. } => {
            "The file is damaged there, or somebody wrote into it. Restore it from a backup."
        }
        Fault::Removed { .. } | Fault::Truncated { .. } => {
            "Somebody deleted what was logged, or an older copy of the database was put back."
        }
        Fault::Reordered { .. } => {
            "Somebody moved what was logged, so that it reads as if it had happened otherwise."
        }
        Fault::Inserted { .. } => "Somebody added what didn't happen then.",
        Fault::NotAsSigned { .. } => {
            "Somebody rewrote this part and its hashes, or put an older copy of the database back by hand; only the \
             signed head gives it away. A recorded restore would say so, and name the head. Compare with a backup."
        }
        Fault::Restore { .. } => {
            "Only the shop's key can sign for a restore. Somebody wrote this into the log, or altered what was signed."
        }
        Fault::Head { .. } => {
            "A signed head was altered, or it was signed by another key or for another log."
        }
        Fault::TwoHistories { .. } => {
            "Whoever holds the key signed two stories about the same time: the log can't be trusted from there on."
        }
    }
}
