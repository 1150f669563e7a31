//! `equipoise experiment …`: experiments from the command line.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::placements::{Columns, Door, Refused, from_toml};

/// The arguments of `equipoise experiment`.
#[derive(Debug, clap::Args)]
pub struct ExperimentArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ExperimentCommand,
}

/// What can be done with experiments.
#[derive(Debug, clap::Subcommand)]
pub enum ExperimentCommand {
    /// All experiments, the newest first
    List,
    /// How many people it takes to see a difference, or which difference so many people show
    Plan {
        /// The part of people who usually do it, such as 0.03
        #[arg(long, value_name = "PART")]
        usual: f64,
        /// The smallest rise worth knowing, such as 0.005
        #[arg(long, value_name = "PART")]
        smallest: Option<f64>,
        /// How many people each variant will have
        #[arg(long, value_name = "N")]
        people: Option<u64>,
    },
    /// Start the experiment that stands in a TOML file
    Start {
        /// The file
        file: PathBuf,
        /// Look it through and say how many people it needs, and start nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// What an experiment shows by now; look as often as you like
    Result {
        /// Its name
        name: String,
    },
    /// End an experiment; its places are filled as they are set again
    Stop {
        /// Its name
        name: String,
    },
}

/// Does what was asked; the answer for the terminal.
///
/// # Errors
/// [`Refused`] in words for whoever typed the command.
pub fn run(arguments: &ExperimentArgs, door: &Door<'_>) -> Result<String, Refused> {
    match &arguments.command {
        ExperimentCommand::List => Ok(list(&door("/v1/experiments", None)?)),
        ExperimentCommand::Plan { usual, smallest, people } => {
            let body = json!({"usual": usual, "smallest": smallest, "people": people});
            let answer = door("/v1/experiments/plan", Some(&body))?;
            let mut out = needed(&answer);
            if let Some(shown) = answer.get("smallest_shown").and_then(Value::as_f64) {
                out.push_str(&format!(
                    "So many people show a rise of {:.2} points or more.\n",
                    100.0 * shown
                ));
            }
            Ok(out)
        }
        ExperimentCommand::Start { file, dry_run } => {
            let text = std::fs::read_to_string(file).map_err(|error| Refused {
                what: format!("`{}` can't be read: {error}", file.display()),
                mend: "see docs/experiments.md for an example".to_owned(),
            })?;
            let table: toml::Table = text.parse().map_err(|error: toml::de::Error| Refused {
                what: format!("`{}` is no TOML: {}", file.display(), error.message()),
                mend: "see docs/experiments.md for an example".to_owned(),
            })?;
            let mut body = from_toml(toml::Value::Table(table));
            if let Some(members) = body.as_object_mut() {
                members.insert("dry_run".to_owned(), json!(dry_run));
            }
            let answer = door("/v1/experiments", Some(&body))?;
            let begun = match dry_run {
                true => "It has no mistakes. Nothing was started.\n".to_owned(),
                false => format!("The experiment {} runs.\n", text_of(&answer, "name")),
            };
            Ok(begun + &needed(&answer))
        }
        ExperimentCommand::Result { name } => {
            Ok(result(&door(&format!("/v1/experiments/result?name={}", plain(name)?), None)?))
        }
        ExperimentCommand::Stop { name } => {
            Ok(result(&door("/v1/experiments/stop", Some(&json!({"name": name})))?))
        }
    }
}

/// A name that can stand in an address.
fn plain(name: &str) -> Result<&str, Refused> {
    match crate::placements::is_name(name) {
        true => Ok(name),
        false => Err(Refused {
            what: format!("there is no experiment `{name}`"),
            mend: "see `equipoise experiment list`".to_owned(),
        }),
    }
}

fn text_of<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn each<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn needed(answer: &Value) -> String {
    let number = |name: &str| answer.get("needed_for_each")?.get(name)?.as_u64();
    match (number("looked_at_once"), number("looked_at_any_time")) {
        (Some(once), Some(always)) => format!(
            "Each variant needs about {always} people, if you look whenever you like; {once} would do for one look at the end.\n"
        ),
        _ => String::new(),
    }
}

fn list(answer: &Value) -> String {
    let mut table = Columns::new(&["EXPERIMENT", "IN", "COMPARES", "FROM", "UNTIL"]);
    let mut any = false;
    for one in each(answer, "experiments") {
        any = true;
        let design = one.get("design").unwrap_or(&Value::Null);
        let placements: Vec<&str> = each(design, "placements").filter_map(Value::as_str).collect();
        let variants: Vec<&str> = each(design, "variants").map(|variant| text_of(variant, "name")).collect();
        let day = |name: &str| text_of(one, name).chars().take(10).collect::<String>();
        let until = if text_of(one, "ended_at").is_empty() { "runs".to_owned() } else { day("ended_at") };
        let words = [text_of(one, "name").to_owned(), placements.join(", "), variants.join(", ")];
        table.row(words.into_iter().chain([day("started_at"), until]));
    }
    if any { table.text() } else { "There was no experiment yet.\n".to_owned() }
}

fn result(answer: &Value) -> String {
    let goal = text_of(answer, "goal");
    let mut table =
        Columns::new(&["VARIANT", "PEOPLE", &goal.to_uppercase(), "95 % INTERVAL", "MONEY A PERSON"]);
    for variant in each(answer, "variants") {
        let number = |value: Option<&Value>| value.and_then(Value::as_f64);
        let people = variant.get("people").and_then(Value::as_u64);
        let reached = variant.get("goals").and_then(|goals| goals.get(goal));
        let rate = number(reached.and_then(|reached| reached.get("rate")));
        let ends: Vec<f64> = reached
            .map(|reached| each(reached, "interval"))
            .into_iter()
            .flatten()
            .filter_map(Value::as_f64)
            .collect();
        let money = number(variant.get("money_per_person_minor"));
        table.row([
            text_of(variant, "name").to_owned(),
            people.map_or_else(|| "too few".to_owned(), |people| people.to_string()),
            rate.map_or_else(|| "–".to_owned(), |rate| format!("{:.2} %", 100.0 * rate)),
            match ends.as_slice() {
                [low, high] => format!("{:.2} to {:.2} %", 100.0 * low, 100.0 * high),
                _ => "–".to_owned(),
            },
            money.map_or_else(|| "–".to_owned(), |money| format!("{:.2}", money / 100.0)),
        ]);
    }
    let mut out = table.text();
    out.push('\n');
    for sentence in each(answer, "summary").filter_map(Value::as_str) {
        out.push_str(sentence);
        out.push('\n');
    }
    out + &needed(answer)
}
