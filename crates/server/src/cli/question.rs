//! `equipoise snippet` and `equipoise texts`: what goes into a shop's pages, and the words of the question.

use std::process::ExitCode;

use super::terminal::say;
use super::{Context, Failure};
use crate::operate::{read_register, texts_of};
use crate::question::{Texts, snippet as line};

/// Prints the line for each write key.
pub(super) fn snippet(context: &Context, server: &str) -> Result<ExitCode, Failure> {
    if !(server.starts_with("https://") || server.starts_with("http://")) {
        return Err(Failure::asked(
            format!("`{server}` is no address"),
            "give it with `https://`, as your customers' browsers reach this server",
        ));
    }
    let register = read_register(&context.register())?;
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
