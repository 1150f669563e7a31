//! `equipoise subject …`: a person's rights from the command line. Whom it is about is never echoed.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use privacy::pseudonym::IdentityKind;
use serde_json::{Map, Value, json};

use super::{CliError, Desk, Door, Person};

/// The arguments of `equipoise subject`.
#[derive(Debug, clap::Args)]
pub struct SubjectArgs {
    /// What the person asks for.
    #[command(subcommand)]
    pub command: SubjectCommand,
}

/// What a person can ask for.
#[derive(Debug, clap::Subcommand)]
pub enum SubjectCommand {
    /// Everything that is held about the person, why, for how long, and who looked at it
    Access(Whom),
    /// What the person gave and what was observed, to take along
    Export(Whom),
    /// Set a contact field or a row right, or delete a row
    Rectify(Rectify),
    /// Keep the person's data, but don't use it
    Restrict(Whom),
    /// Use the person's data again
    Unrestrict(Whom),
    /// Stop purposes that the person objects to
    Object(Purposes),
    /// Let purposes go on to which the person objected
    Unobject(Purposes),
    /// Take consents back; all of them if no --purpose is given
    Withdraw(Purposes),
    /// Forget the person everywhere, and write the certificate
    #[command(alias = "delete")]
    Erase(Whom),
    /// The signed receipts for what the person decided
    Receipts(Whom),
    /// Open what a law obliges you to keep of people whom the shop no longer knows
    Kept(KeptArgs),
}

/// Whom it is about, and where the answer goes.
#[derive(Debug, clap::Args)]
pub struct Whom {
    /// The identity.
    #[command(flatten)]
    pub identity: Identity,
    /// Write the answer to this new file, which only you can read, instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// One identity of the person.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct Identity {
    /// The shop's number of the customer
    #[arg(long, value_name = "ID")]
    pub user_id: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The browser's or app's own random id
    #[arg(long, value_name = "ID")]
    pub anonymous_id: Option<String>,
    /// The phone number
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Identity {
    /// The person.
    ///
    /// # Errors
    /// [`CliError::Arguments`] when no identity was given.
    pub fn person(&self) -> Result<Person, CliError> {
        let Self { user_id, email, anonymous_id, phone } = self;
        let stated = [
            (IdentityKind::UserId, user_id),
            (IdentityKind::Email, email),
            (IdentityKind::AnonymousId, anonymous_id),
            (IdentityKind::Phone, phone),
        ];
        stated
            .into_iter()
            .find_map(|(kind, value)| value.as_ref().map(|value| Person::new(kind, value.as_str())))
            .ok_or_else(|| {
                CliError::Arguments("say whom: --user-id, --email, --anonymous-id or --phone".to_owned())
            })
    }
}

/// A person and purposes.
#[derive(Debug, clap::Args)]
pub struct Purposes {
    /// The person.
    #[command(flatten)]
    pub whom: Whom,
    /// A purpose, as equipoise.toml names it; may be repeated
    #[arg(long = "purpose", value_name = "NAME")]
    pub purposes: Vec<String>,
}

/// What is to be set right.
#[derive(Debug, clap::Args)]
pub struct Rectify {
    /// The person.
    #[command(flatten)]
    pub whom: Whom,
    /// A contact field and its right value, `city=Taupō`; may be repeated
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub set: Vec<String>,
    /// The row to change, as kind and id from the access document: `orders:3f…`
    #[arg(long, value_name = "KIND:ID", requires = "value")]
    pub row: Option<String>,
    /// The row as it should be, as JSON
    #[arg(long, value_name = "JSON", requires = "row")]
    pub value: Option<String>,
    /// The row to delete
    #[arg(long, value_name = "KIND:ID")]
    pub delete: Option<String>,
}

/// What is to be opened of what a law keeps, and why.
#[derive(clap::Args)]
pub struct KeptArgs {
    /// Which order or erasure.
    #[command(flatten)]
    pub by: KeptNames,
    /// What it is needed for, in a few words; stands in the audit log for good, so name nobody
    #[arg(long, value_name = "WORDS")]
    pub reason: String,
    /// Write the answer to this new file, which only you can read, instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// By what it is found: no identity leads there.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct KeptNames {
    /// The number of the order
    #[arg(long, value_name = "NUMBER")]
    pub order: Option<String>,
    /// The file with the certificate of the erasure
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
}

impl std::fmt::Debug for KeptArgs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeptArgs(..)")
    }
}

impl KeptArgs {
    fn body(&self) -> Result<Value, CliError> {
        let KeptNames { order, certificate } = &self.by;
        let (name, value) = match (order, certificate) {
            (Some(number), _) => ("order", number.clone()),
            (None, Some(path)) => ("certificate", certificate_id(path)?),
            (None, None) => {
                return Err(CliError::Arguments("say what: --order or --certificate".to_owned()));
            }
        };
        Ok(json!({name: value, "reason": self.reason}))
    }
}

fn certificate_id(path: &Path) -> Result<String, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| unusable(path, &error))?;
    let document: Option<Value> = serde_json::from_str(&text).ok();
    let id = document.as_ref().and_then(|one| one.get("id")).and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| CliError::File {
        path: path.display().to_string(),
        why: "it is no certificate, as `subject erase --out` writes one".to_owned(),
    })
}

impl SubjectCommand {
    /// The file that the answer goes to.
    #[must_use]
    pub fn out(&self) -> Option<&Path> {
        let whom = match self {
            Self::Kept(kept) => return kept.out.as_deref(),
            Self::Access(whom)
            | Self::Export(whom)
            | Self::Restrict(whom)
            | Self::Unrestrict(whom)
            | Self::Erase(whom)
            | Self::Receipts(whom) => whom,
            Self::Rectify(rectify) => &rectify.whom,
            Self::Object(what) | Self::Unobject(what) | Self::Withdraw(what) => &what.whom,
        };
        whom.out.as_deref()
    }

    /// Where it is asked for, and with what.
    fn request(&self) -> Result<(Desk, Value), CliError> {
        let (desk, whom, more) = match self {
            Self::Access(whom) => (Desk::Access, whom, Map::new()),
            Self::Export(whom) => (Desk::Portability, whom, Map::new()),
            Self::Rectify(rectify) => (Desk::Rectify, &rectify.whom, corrections(rectify)?),
            Self::Restrict(whom) => (Desk::Restrict, whom, Map::new()),
            Self::Unrestrict(whom) => (Desk::Unrestrict, whom, Map::new()),
            Self::Object(what) => (Desk::Object, &what.whom, purposes(what)),
            Self::Unobject(what) => (Desk::Unobject, &what.whom, purposes(what)),
            Self::Withdraw(what) => (Desk::Withdraw, &what.whom, purposes(what)),
            Self::Erase(whom) => (Desk::Erase, whom, Map::new()),
            Self::Receipts(whom) => (Desk::Receipts, whom, Map::new()),
            Self::Kept(kept) => return Ok((Desk::Kept, kept.body()?)),
        };
        let mut body = whom.identity.person()?.to_body();
        if let Some(members) = body.as_object_mut() {
            members.extend(more);
        }
        Ok((desk, body))
    }
}

/// Does what was asked, and writes the answer to the file or to `out`.
///
/// # Errors
/// [`CliError`] in words for whoever typed the command.
pub fn run(args: &SubjectArgs, door: &Door, out: &mut dyn Write) -> Result<(), CliError> {
    let (desk, body) = args.command.request()?;
    let path = args.command.out();
    // The file is made first: an erasure whose certificate has nowhere to go should not happen.
    let mut file = path.map(create).transpose()?;
    let answer = match door.call(desk, &body) {
        Ok(answer) => answer,
        Err(error) => {
            if let Some(path) = path {
                // It was made just now and is empty.
                let _ = std::fs::remove_file(path);
            }
            return Err(error);
        }
    };
    let text = format!("{answer:#}\n");
    match (&mut file, path) {
        (Some(file), Some(path)) => {
            file.write_all(text.as_bytes()).map_err(|error| unusable(path, &error))?;
            say(out, &format!("written to {}\n", path.display()))
        }
        _ => say(out, &text),
    }
}

fn purposes(what: &Purposes) -> Map<String, Value> {
    Map::from_iter([("purposes".to_owned(), json!(what.purposes))])
}

fn corrections(rectify: &Rectify) -> Result<Map<String, Value>, CliError> {
    let mut body = Map::new();
    let mut contact = Map::new();
    for pair in &rectify.set {
        let (field, value) = pair
            .split_once('=')
            .ok_or_else(|| CliError::Arguments("--set wants FIELD=VALUE, such as city=Taupō".to_owned()))?;
        contact.insert(field.to_owned(), json!(value));
    }
    if !contact.is_empty() {
        body.insert("contact".to_owned(), Value::Object(contact));
    }
    let name = |text: &str| -> Result<Value, CliError> {
        let (kind, id) = text
            .split_once(':')
            .ok_or_else(|| CliError::Arguments("a row is named KIND:ID, such as orders:3f…".to_owned()))?;
        Ok(json!({"kind": kind, "id": id}))
    };
    if let (Some(row), Some(value)) = (&rectify.row, &rectify.value) {
        let mut row = name(row)?;
        let value: Value = serde_json::from_str(value)
            .map_err(|error| CliError::Arguments(format!("--value is no JSON: {error}")))?;
        if let Some(members) = row.as_object_mut() {
            members.insert("value".to_owned(), value);
        }
        body.insert("row".to_owned(), row);
    }
    if let Some(row) = &rectify.delete {
        body.insert("delete".to_owned(), name(row)?);
    }
    Ok(body)
}

fn create(path: &Path) -> Result<std::fs::File, CliError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).map_err(|error| unusable(path, &error))
}

pub(super) fn unusable(path: &Path, error: &std::io::Error) -> CliError {
    CliError::File { path: path.display().to_string(), why: error.to_string() }
}

pub(super) fn say(out: &mut dyn Write, text: &str) -> Result<(), CliError> {
    match out.write_all(text.as_bytes()) {
        // A reader who has gone away, as `head` does, has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written
            .map_err(|error| CliError::File { path: "the terminal".to_owned(), why: error.to_string() }),
    }
}
