//! `equipoise snippet` and `equipoise texts`: what goes into a shop's pages, and the words of the question.

use std::process::ExitCode;

use super::terminal::say;
use super::{Context, Failure};
use crate::operate::{read_register, texts_of};
use crate::question::{Texts, consent_mode_snippet, snippet as line, tcf_snippet};

/// A standard in which other companies' tags are told of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    /// Google's Consent Mode.
    ConsentMode,
    /// The IAB's Transparency and Consent Framework.
    Tcf,
}

/// Prints the line for each write key, and before them those for the standards that are asked for.
pub(super) fn snippet(
    context: &Context,
    server: &str,
    standards: impl Iterator<Item = Standard>,
) -> Result<ExitCode, Failure> {
    if !(server.starts_with("https://") || server.starts_with("http://")) {
        return Err(Failure::asked(
            format!("`{server}` is no address"),
            "give it with `https://`, as your customers' browsers reach this server",
        ));
    }
    let register = read_register(&context.register())?;
    for standard in standards {
        match standard {
            Standard::ConsentMode => {
                if register.purposes.values().all(|declared| declared.standards.consent_mode.is_empty()) {
                    return Err(Failure::asked(
                        "no purpose in the register names a type of Google's Consent Mode",
                        "write `consent_mode = [\"analytics_storage\"]` or the like into the purpose that it is for",
                    ));
                }
                say(&consent_mode_snippet(server))?;
            }
            Standard::Tcf if register.tcf.is_none() => {
                return Err(Failure::asked(
                    "the register has no section `[tcf]`",
                    "write it, with the number under which IAB Europe has registered your question",
                ));
            }
            Standard::Tcf => say(&tcf_snippet(server))?,
        }
    }
    for key in &register.write_keys {
        say(&line(server, key))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the words that ship in a language, or which languages there are.
pub(super) fn texts(context: &Context, language: Option<&str>) -> Result<ExitCode, Failure> {
    let Some(language) = language else {
        let texts = if context.config.exists() { texts_of(&context.register())? } else { Texts::shipped() };
        let lines: Vec<String> = texts.languages().map(|(tag, name)| format!("{tag:<6} {name}")).collect();
        say(&lines.join("\n"))?;
        return Ok(ExitCode::SUCCESS);
    };
    match Texts::file(language) {
        Some(text) => say(text.trim_end())?,
        None => {
            return Err(Failure::asked(
                format!("no words ship in `{language}`"),
                format!(
                    "to begin it, run `equipoise texts en > texts/{language}.toml` and translate; \
                     `equipoise texts` lists the languages that there are"
                ),
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
