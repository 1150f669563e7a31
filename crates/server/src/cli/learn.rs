//! `equipoise learn`: learns the blend, or tells what was learned last; through the running server if there is one.
//! Must never compute a figure: it tells those that the recommender found.

#![expect(clippy::indexing_slicing, reason = "a JSON value gives null where nothing is")]

use std::fmt::Write as _;
use std::process::ExitCode;

use privacy::audit::Author;
use serde_json::{Value, json};

use super::terminal::say;
use super::{Context, Failure};
use crate::operate::{Ask, Progress, open_app};
use crate::recommend::{learn_blend, report, told};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Learn, and tell.
    Learn,
    /// Tell alone.
    Show,
}

/// In what form it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Learns and tells.
pub(super) fn run(context: &Context, act: Act, form: Form) -> Result<ExitCode, Failure> {
    let answer = match (Ask::find(&context.places)?, act) {
        (Some(server), Act::Learn) => server.post("/v1/blend", &json!({}))?,
        (Some(server), Act::Show) => server.get("/v1/blend")?,
        (None, act) => {
            let app = open_app(context.start(Progress::Shown))?;
            let report = match act {
                Act::Learn => {
                    let author = Author::Operator { id: "cli".to_owned(), role: "owner".to_owned() };
                    learn_blend(&app, author).map(Some)
                }
                Act::Show => report(&app.store),
            };
            let weights = app.engine.tuning().weights;
            let flushed = app.store.flush_openings(app.now());
            app.store.clone().close();
            let report = report?;
            flushed?;
            told(&weights, report.as_ref())
        }
    };
    match form {
        Form::Json => say(&answer.to_string())?,
        Form::Text => say(in_words(&answer).trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(answer: &Value) -> String {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or("-").to_owned();
    let rows = |name: &str| answer[name].as_array().cloned().unwrap_or_default();
    let mut out = match text(answer, "weights_from").as_str() {
        "learned" => format!("Learned on this shop, {}\n", text(answer, "learned_at")),
        _ => "The weights that are shipped: this shop has too little of a past to learn from, or they did as well\n".to_owned(),
    };
    let _ = writeln!(out, "\n{:>9}  what it is worth", "weight");
    for voice in rows("voices") {
        let weight = voice["weight"].as_f64().unwrap_or_default();
        let _ = writeln!(out, "{weight:9.3}  {}", text(&voice, "about"));
    }
    for situation in rows("situations") {
        let what = match text(&situation, "situation").as_str() {
            "visit" => "What is looked at next in a visit",
            "order" => "What is in a customer's next order",
            "new" => "What is in it that the customer never had",
            _ => "The same, with one of these things on the page",
        };
        let asked = situation["judged_on"].as_u64().unwrap_or_default();
        let _ = writeln!(out, "\n{what}: {asked} questions that nothing was learned on, lists of 20");
        let _ = writeln!(out, "{:>20} {:>8} {:>8} {:>8}", "", "recall", "hit rate", "MRR");
        let mut row = |name: &str, marks: &Value| {
            let mark = |of: &str| marks[of].as_f64().unwrap_or_default();
            let (recall, hits, rank) = (mark("recall"), mark("hit_rate"), mark("reciprocal_rank"));
            let _ = writeln!(out, "{name:>20} {recall:8.3} {hits:8.3} {rank:8.3}");
        };
        row("the blend", &situation["blend"]);
        row("as shipped", &situation["shipped"]);
        row("popularity", &situation["popularity"]);
        for voice in situation["voices"].as_array().into_iter().flatten() {
            row(&format!("{} alone", voice[0].as_str().unwrap_or("-")), &voice[1]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::Weights;

    #[test]
    fn every_voice_is_told() {
        let words = in_words(&told(&Weights::shipped(), None));
        assert!(words.starts_with("The weights that are shipped"), "{words}");
        for (_, about) in Weights::about() {
            assert!(words.contains(about), "{words}");
        }
    }
}
