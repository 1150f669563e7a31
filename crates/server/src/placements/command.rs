//! `equipoise placement …`: the rules of places from the command line, through the running server or, if none runs,
//! straight into the data. Rules are written and read as TOML.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Columns;

/// The arguments of `equipoise placement`.
#[derive(Debug, clap::Args)]
pub struct PlacementArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: PlacementCommand,
}

/// What can be done with the places.
#[derive(Debug, clap::Subcommand)]
pub enum PlacementCommand {
    /// The places that have rules, a line each
    List,
    /// The rules as TOML: of one place, or of all, to keep or to change
    Show {
        /// The place; all, if left out
        place: Option<String>,
    },
    /// Set the rules that stand in a TOML file under [placements.NAME]; in force at once
    Set {
        /// The file, `-` for standard input
        file: PathBuf,
        /// Look the rules through, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take a place's rules away, so that it is filled as if nothing were set
    Remove {
        /// The place
        place: String,
    },
    /// What a place would show: to nobody in particular, or to a made-up customer
    Preview(PreviewArgs),
}

/// `equipoise placement preview`.
#[derive(Debug, clap::Args)]
pub struct PreviewArgs {
    /// The place
    pub place: String,
    /// The product or article on the page
    #[arg(long, value_name = "ID")]
    pub item: Option<String>,
    /// Something that the made-up customer looked at; may be repeated
    #[arg(long, value_name = "ID")]
    pub looked: Vec<String>,
    /// Something that they bought a month ago; may be repeated
    #[arg(long, value_name = "ID")]
    pub bought: Vec<String>,
    /// Try the rules in this TOML file, and change nothing
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
}

/// Why a command wasn't done: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub mend: String,
}

/// Asks the server, or does the same without one: a path, and a body for `POST`.
pub type Door<'d> = dyn Fn(&str, Option<&Value>) -> Result<Value, Refused> + 'd;

/// Does what was asked; the answer for the terminal.
///
/// # Errors
/// [`Refused`] in words for whoever typed the command.
pub fn run(arguments: &PlacementArgs, door: &Door<'_>) -> Result<String, Refused> {
    match &arguments.command {
        PlacementCommand::List => Ok(list(&door("/v1/placements", None)?)),
        PlacementCommand::Show { place } => show(&door("/v1/placements", None)?, place.as_deref()),
        PlacementCommand::Set { file, dry_run } => {
            let placements = read(file)?;
            let body = json!({"placements": placements, "dry_run": dry_run});
            let answer = door("/v1/placements", Some(&body))?;
            let names: Vec<&str> = answer
                .get("set")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let names = names.join(", ");
            Ok(match dry_run {
                true => format!("The rules of {names} have no mistakes. Nothing was changed.\n"),
                false => format!("The rules of {names} are set, and in force.\n"),
            })
        }
        PlacementCommand::Remove { place } => {
            door("/v1/placements", Some(&json!({"remove": [place]})))?;
            Ok(format!("{place} has no rules of its own any more.\n"))
        }
        PlacementCommand::Preview(preview) => {
            let PreviewArgs { place, item, looked, bought, rules } = preview;
            let mut body = json!({
                "placement": place, "item": item, "sample": {"looked": looked, "bought": bought},
            });
            if let (Some(file), Some(body)) = (rules, body.as_object_mut()) {
                let mut placements = read(file)?;
                let rules = placements.remove(place).ok_or_else(|| Refused {
                    what: format!("`{}` has no [placements.{place}]", file.display()),
                    mend: "write the rules to try under that heading".to_owned(),
                })?;
                body.insert("rules".to_owned(), rules);
            }
            Ok(previewed(&door("/v1/placements/preview", Some(&body))?))
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn each<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn list(answer: &Value) -> String {
    let mut table = Columns::new(&["PLACE", "SHOWS", "FILLED BY", "SET ON", ""]);
    let mut any = false;
    for place in each(answer, "placements") {
        any = true;
        let rules = place.get("rules").unwrap_or(&Value::Null);
        let count = rules.get("count").and_then(Value::as_u64).unwrap_or_default();
        let chain: Vec<&str> = each(rules, "chain").filter_map(Value::as_str).collect();
        let warnings = each(place, "warnings").count();
        table.row([
            text(place, "name").to_owned(),
            format!("{count} {}", text(rules, "content")),
            chain.join(" → "),
            text(place, "updated_at").chars().take(10).collect(),
            if warnings > 0 { format!("{warnings} to look at") } else { String::new() },
        ]);
    }
    let mut out = if any { table.text() } else { "No place has rules of its own yet.\n".to_owned() };
    for place in each(answer, "placements") {
        for warning in each(place, "warnings").filter_map(Value::as_str) {
            out.push_str(&format!("{}: {warning}\n", text(place, "name")));
        }
    }
    out
}

fn show(answer: &Value, place: Option<&str>) -> Result<String, Refused> {
    let mut all = Map::new();
    for known in each(answer, "placements") {
        let name = text(known, "name");
        if place.is_none_or(|place| place == name) {
            all.insert(name.to_owned(), known.get("rules").cloned().unwrap_or_default());
        }
    }
    let mut out = String::new();
    if let (true, Some(place)) = (all.is_empty(), place) {
        out.push_str(&format!("# Nothing is set for {place}; it is filled like this.\n"));
        all.insert(place.to_owned(), answer.get("otherwise").cloned().unwrap_or_default());
    }
    let toml = toml::to_string(&json!({"placements": all})).map_err(|error| Refused {
        what: format!("the rules can't be written as TOML: {error}"),
        mend: "ask for them as JSON with `GET /v1/placements`".to_owned(),
    })?;
    Ok(out + &toml)
}

/// The rules in a file, by place.
fn read(file: &Path) -> Result<Map<String, Value>, Refused> {
    let unreadable = |error: std::io::Error| Refused {
        what: format!("`{}` can't be read: {error}", file.display()),
        mend: "name a file with rules, such as `equipoise placement show` writes".to_owned(),
    };
    let text = match file.as_os_str() == "-" {
        true => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
            text
        }
        false => std::fs::read_to_string(file).map_err(unreadable)?,
    };
    let read: toml::Table = text.parse().map_err(|error: toml::de::Error| Refused {
        what: format!("`{}` is no TOML: {}", file.display(), error.message()),
        mend: "see docs/placements.md for an example".to_owned(),
    })?;
    match read.get("placements").cloned().map(from_toml) {
        Some(Value::Object(placements)) if !placements.is_empty() => Ok(placements),
        Some(_) | None => Err(Refused {
            what: format!("`{}` has no rules in it", file.display()),
            mend: "write them under a heading such as [placements.home]".to_owned(),
        }),
    }
}

/// TOML as JSON, with its moments as text.
pub(crate) fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(truth) => json!(truth),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(from_toml).collect()),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(name, value)| (name, from_toml(value))).collect())
        }
    }
}

fn previewed(answer: &Value) -> String {
    let mut table = Columns::new(&["", "ITEM", "NAME", "GIVEN BY", "WHY"]);
    let mut place = 0;
    for item in each(answer, "items") {
        place += 1;
        let why = each(item, "why").next().map_or("", |why| text(why, "text"));
        table.row([
            format!("{place}."),
            text(item, "id").to_owned(),
            text(item, "name").to_owned(),
            text(item, "link").to_owned(),
            why.to_owned(),
        ]);
    }
    let mut out = match place {
        0 => "Nothing may be shown here.\n".to_owned(),
        _ => table.text(),
    };
    let left_out: Vec<String> = each(answer, "left_out")
        .map(|one| format!("  {}: {}\n", text(one, "id"), text(one, "because")))
        .collect();
    if !left_out.is_empty() {
        out.push_str("\nLeft out:\n");
        out.extend(left_out.into_iter().take(20));
    }
    out
}
