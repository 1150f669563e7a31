//! `equipoise offers …`: campaigns and decisions from the command line, in plain words; `--json` for programs.

use std::fmt::Write as _;
use std::io::Write;

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::{Task, serve};
use crate::consent::operator;
use crate::rights::{CliError, Door};

/// The arguments of `equipoise offers`.
#[derive(Debug, Args)]
pub struct OffersArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: OffersCommand,
    /// Answer as JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,
}

/// What can be done about offers.
#[derive(Debug, Subcommand)]
pub enum OffersCommand {
    /// Make a campaign
    Create {
        /// Its id: lower-case letters, digits, `-` and `_`
        campaign: String,
        /// What it says and is about.
        #[command(flatten)]
        details: Details,
        /// Who does it
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// See all campaigns
    List,
    /// See one campaign, with what is sensitive about it and why
    Show {
        /// Its id
        campaign: String,
    },
    /// Change a campaign; what it says or is about then has to be approved anew
    Change {
        /// Its id
        campaign: String,
        /// What changes.
        #[command(flatten)]
        details: Details,
        /// Who does it
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Approve a campaign that somebody else made
    Approve(Verdict),
    /// Refuse a campaign
    Refuse(Verdict),
    /// End a campaign for good
    End {
        /// Its id
        campaign: String,
        /// Who does it
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Ask who may be written to now, and hold a place for each
    Decide {
        /// The campaign's id
        campaign: String,
        /// A customer's number; may be repeated
        #[arg(long = "user-id", value_name = "ID", required_unless_present = "everyone")]
        user_ids: Vec<String>,
        /// Only how many of all customers, and why the others not
        #[arg(long, conflicts_with = "user_ids")]
        everyone: bool,
        /// Only look; hold no place
        #[arg(long)]
        look: bool,
    },
    /// Say what was sent and what wasn't
    Report {
        /// The campaign's id
        campaign: String,
        /// A customer to whom it was sent; may be repeated
        #[arg(long, value_name = "ID")]
        sent: Vec<String>,
        /// A customer to whom it wasn't sent after all; may be repeated
        #[arg(long, value_name = "ID")]
        not_sent: Vec<String>,
    },
}

/// What a campaign says and is about.
#[derive(Debug, Args)]
pub struct Details {
    /// What it is called, for people
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// How it reaches people: email, sms, push, post, on_site
    #[arg(long, value_name = "CHANNEL")]
    pub channel: Option<String>,
    /// An item that it is about; may be repeated
    #[arg(long = "item", value_name = "ID", conflicts_with_all = ["categories", "all"])]
    pub items: Vec<String>,
    /// A category that it is about; may be repeated
    #[arg(long = "category", value_name = "NAME", conflicts_with = "all")]
    pub categories: Vec<String>,
    /// It is about the whole shop, but for what is sensitive
    #[arg(long)]
    pub all: bool,
    /// From when it may be sent: a day or a moment [default: now]
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Until when: a day (to its end) or a moment
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
}

/// What a second person says.
#[derive(Debug, Args)]
pub struct Verdict {
    /// The campaign's id
    pub campaign: String,
    /// Who says it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// Does what was asked, and writes the answer to `out`.
///
/// # Errors
/// [`CliError`] in words for whoever typed the command.
pub fn run(arguments: &OffersArgs, door: &Door, out: &mut dyn Write) -> Result<(), CliError> {
    let OffersArgs { command, json } = arguments;
    let (task, body) = request(command);
    let answer = door.ask(task.path(), &body, |app| serve(app, task, &body, &operator()))?;
    let text = match (json, task) {
        (true, _) => format!("{answer:#}\n"),
        (false, Task::List) => {
            let campaigns = answer.get("campaigns").and_then(Value::as_array).cloned().unwrap_or_default();
            match campaigns.is_empty() {
                true => "no campaign yet; `equipoise offers create --help`\n".to_owned(),
                false => campaigns.iter().map(line).collect(),
            }
        }
        (false, Task::Decide) => decided(&answer),
        (false, Task::Report) => reported(&answer),
        (false, Task::Create | Task::Show | Task::Change | Task::Approve | Task::Refuse | Task::End) => {
            shown(&answer)
        }
    };
    match out.write_all(text.as_bytes()) {
        // A reader who has gone away, as `head` does, has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written
            .map_err(|error| CliError::File { path: "the terminal".to_owned(), why: error.to_string() }),
    }
}

fn request(command: &OffersCommand) -> (Task, Value) {
    match command {
        OffersCommand::Create { campaign, details, by } => (Task::Create, detailed(campaign, details, by)),
        OffersCommand::Change { campaign, details, by } => (Task::Change, detailed(campaign, details, by)),
        OffersCommand::List => (Task::List, json!({})),
        OffersCommand::Show { campaign } => (Task::Show, json!({ "campaign": campaign })),
        OffersCommand::Approve(Verdict { campaign, by, reason }) => {
            (Task::Approve, json!({"campaign": campaign, "by": by, "reason": reason}))
        }
        OffersCommand::Refuse(Verdict { campaign, by, reason }) => {
            (Task::Refuse, json!({"campaign": campaign, "by": by, "reason": reason}))
        }
        OffersCommand::End { campaign, by } => (Task::End, json!({"campaign": campaign, "by": by})),
        OffersCommand::Decide { campaign, user_ids, everyone, look } => {
            let people = if *everyone { json!("all") } else { json!(user_ids) };
            (Task::Decide, json!({"campaign": campaign, "people": people, "hold": !look}))
        }
        OffersCommand::Report { campaign, sent, not_sent } => {
            (Task::Report, json!({"campaign": campaign, "sent": sent, "not_sent": not_sent}))
        }
    }
}

fn detailed(campaign: &str, details: &Details, by: &str) -> Value {
    let Details { words, channel, items, categories, all, from, until } = details;
    let mut body = Map::from_iter([("campaign".to_owned(), json!(campaign)), ("by".to_owned(), json!(by))]);
    let texts = [("words", words), ("channel", channel), ("from", from), ("until", until)];
    body.extend(texts.into_iter().filter_map(|(key, text)| Some((key.to_owned(), json!(text.as_ref()?)))));
    let about = match (items.is_empty(), categories.is_empty(), all) {
        (false, _, _) => Some(json!({ "items": items })),
        (true, false, _) => Some(json!({ "categories": categories })),
        (true, true, true) => Some(json!("all")),
        (true, true, false) => None,
    };
    body.extend(about.map(|about| ("about".to_owned(), about)));
    Value::Object(body)
}

fn said<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn each<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn line(campaign: &Value) -> String {
    let status = said(campaign, "status").replace('_', " ");
    let sent = campaign.get("sent").map_or_else(String::new, |sent| sent.to_string().replace('"', ""));
    format!(
        "{}  {status}  “{}” by {}, until {}, sent to {sent}\n",
        said(campaign, "campaign"),
        said(campaign, "words"),
        said(campaign, "channel"),
        said(campaign, "until"),
    )
}

fn shown(campaign: &Value) -> String {
    let mut text = line(campaign);
    let _ = writeln!(text, "made by {}, from {}", said(campaign, "author"), said(campaign, "from"));
    let touched: Vec<&str> = each(campaign, "touches").filter_map(Value::as_str).collect();
    if !touched.is_empty() {
        let _ = writeln!(text, "touches what is sensitive: {}", touched.join(", "));
    }
    for item in each(campaign, "sensitive") {
        for why in each(item, "why") {
            let _ = writeln!(
                text,
                "  {}: {}, for `{}` in its {} “{}”",
                said(item, "item"),
                said(why, "label"),
                said(why, "word"),
                said(why, "stands_in"),
                said(why, "text")
            );
        }
    }
    if let Some(verdict) = campaign.get("verdict").filter(|verdict| verdict.is_object()) {
        let word = if verdict.get("approved") == Some(&json!(true)) { "approved" } else { "refused" };
        let _ = writeln!(
            text,
            "{word} by {} on {}: {}",
            said(verdict, "by"),
            said(verdict, "at"),
            said(verdict, "reason")
        );
    } else if said(campaign, "status") == "waiting_for_approval" {
        let _ = writeln!(
            text,
            "→ somebody else looks at it: `equipoise offers approve {} --by NAME --reason TEXT`",
            said(campaign, "campaign")
        );
    }
    text
}

fn decided(answer: &Value) -> String {
    let mut text = String::new();
    for one in each(answer, "answers") {
        let until =
            one.get("until").and_then(Value::as_str).map_or_else(String::new, |at| format!(", until {at}"));
        let left_out: Vec<&str> = each(one, "left_out").map(|left| said(left, "item")).collect();
        let without =
            if left_out.is_empty() { String::new() } else { format!(", without {}", left_out.join(", ")) };
        let _ = match one.get("allowed") == Some(&json!(true)) {
            true => writeln!(text, "{}  yes{without}", said(one, "user_id")),
            false => writeln!(text, "{}  no: {}{until}", said(one, "user_id"), said(one, "words")),
        };
    }
    counted(&mut text, answer);
    text
}

fn reported(answer: &Value) -> String {
    let mut text = String::new();
    for one in each(answer, "not_kept") {
        let _ = writeln!(text, "{}  not kept: {}", said(one, "user_id"), said(one, "because"));
    }
    counted(&mut text, answer);
    text
}

fn counted(text: &mut String, answer: &Value) {
    for (code, count) in answer.get("counts").and_then(Value::as_object).into_iter().flatten() {
        let _ = writeln!(text, "{}: {}", code.replace('_', " "), count.to_string().replace('"', ""));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        offers: OffersArgs,
    }

    #[track_caller]
    fn check(line: &str, task: Task, body: &Value) {
        let Line { offers } = Line::try_parse_from(std::iter::once("offers").chain(line.split(' '))).unwrap();
        assert_eq!(request(&offers.command), (task, body.clone()), "{line}");
    }

    #[test]
    fn what_is_typed_is_what_is_asked() {
        check(
            "create a --words W --channel sms --item x --item y --until 2027-01-01 --by Hana",
            Task::Create,
            &json!({"campaign": "a", "by": "Hana", "words": "W", "channel": "sms", "until": "2027-01-01",
                "about": {"items": ["x", "y"]}}),
        );
        check(
            "change a --all --by Ben",
            Task::Change,
            &json!({"campaign": "a", "by": "Ben", "about": "all"}),
        );
        check(
            "change a --by Ben --from 2027-01-01",
            Task::Change,
            &json!({"campaign": "a", "by": "Ben", "from": "2027-01-01"}),
        );
        check(
            "approve a --by Ben --reason fine",
            Task::Approve,
            &json!({"campaign": "a", "by": "Ben", "reason": "fine"}),
        );
        check(
            "decide a --user-id x --user-id y --look",
            Task::Decide,
            &json!({"campaign": "a", "people": ["x", "y"], "hold": false}),
        );
        check("decide a --everyone", Task::Decide, &json!({"campaign": "a", "people": "all", "hold": true}));
        check(
            "report a --sent x --not-sent y",
            Task::Report,
            &json!({"campaign": "a", "sent": ["x"], "not_sent": ["y"]}),
        );
        for wrong in ["decide a", "create a --item x --all --by Hana", "approve a --by Ben"] {
            let line = std::iter::once("offers").chain(wrong.split(' '));
            assert!(Line::try_parse_from(line).is_err(), "{wrong}");
        }
    }

    #[test]
    fn answers_are_told_in_plain_words() {
        let campaign = json!({"campaign": "a", "status": "waiting_for_approval", "words": "W", "channel": "email",
            "until": "u", "sent": "fewer than 5", "author": "Hana", "from": "f", "touches": ["pregnancy and fertility"],
            "sensitive": [{"item": "x", "why": [{"label": "pregnancy and fertility", "word": "pregnan*",
                "stands_in": "name", "text": "Pregnancy test"}]}], "verdict": null});
        assert_eq!(
            shown(&campaign),
            "a  waiting for approval  “W” by email, until u, sent to fewer than 5\nmade by Hana, from f\n\
             touches what is sensitive: pregnancy and fertility\n  \
             x: pregnancy and fertility, for `pregnan*` in its name “Pregnancy test”\n\
             → somebody else looks at it: `equipoise offers approve a --by NAME --reason TEXT`\n"
        );
        let answer = json!({"answers": [
            {"user_id": "c-1", "allowed": true, "left_out": [{"item": "x", "because": "bought"}]},
            {"user_id": "c-2", "allowed": false, "words": "the cap is 1 in 24 hours over all channels", "until": "u"}],
            "counts": {"allowed": 1, "cap_reached": 1}});
        assert_eq!(
            decided(&answer),
            "c-1  yes, without x\nc-2  no: the cap is 1 in 24 hours over all channels, until u\nallowed: 1\n\
             cap reached: 1\n"
        );
    }
}
