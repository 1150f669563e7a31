//! `equipoise init` and `equipoise check`: a register to begin with, and what is wrong with one. Must never overwrite
//! a shop's register.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use privacy::purpose::LegalBasis;
use privacy::register::TEMPLATE;

use super::terminal::say;
use super::{Context, Failure};
use crate::operate::{RegisterSource, read_register, texts_of};

/// Writes the commented register.
pub(super) fn init(context: &Context) -> Result<ExitCode, Failure> {
    let path = &context.config;
    write_new(path)?;
    say(&format!(
        "Written: {}\nNext: change what is marked CHANGE in it, then run `equipoise check`, then `equipoise serve`.",
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn write_new(path: &Path) -> Result<(), Failure> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::failed(
            format!("there is a register at `{}` already; it was not touched", path.display()),
            "run `equipoise check` to look through it, or name a new file with `--config`",
        ),
        _ => Failure::failed(
            format!("`{}` can't be written: {error}", path.display()),
            "name a file in a directory that this user may write to with `--config`",
        ),
    })
}

/// Looks through the register, and says what it comes to.
pub(super) fn check(context: &Context, file: Option<&Path>) -> Result<ExitCode, Failure> {
    let path = file.unwrap_or(&context.config);
    let register = read_register(&RegisterSource::File(path.to_owned()))?;
    let asked =
        register.purposes.values().filter(|declaration| declaration.basis == LegalBasis::Consent).count();
    say(&format!(
        "`{}` is free of mistakes: {} purposes, of which your customers are asked about {asked}.",
        path.display(),
        register.purposes.len()
    ))?;
    let texts = texts_of(&RegisterSource::File(path.to_owned()))?;
    let languages: Vec<&str> = texts.languages().map(|(tag, _)| tag).collect();
    say(&format!("They can be asked in: {}.", languages.join(", ")))?;
    if TEMPLATE.lines().any(|line| line.contains("CHANGE") && unchanged(path, line)) {
        say("Some of what is marked CHANGE still says what the example says.")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn unchanged(path: &Path, line: &str) -> bool {
    let setting = line.contains('=') && !line.trim_start().starts_with('#');
    setting && std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(|own| own == line))
}

#[cfg(test)]
mod tests {
    use super::super::failure::Fault;
    use super::*;
    use crate::operate::Places;

    fn context(directory: &Path) -> Context {
        Context { places: Places::new(directory, None), config: directory.join("equipoise.toml") }
    }

    #[test]
    fn init_writes_a_register_that_check_passes_and_never_overwrites_one() {
        let place = tempfile::tempdir().unwrap();
        let context = context(place.path());
        init(&context).unwrap();
        check(&context, None).unwrap();
        std::fs::write(&context.config, "mine").unwrap();
        let failure = init(&context).unwrap_err();
        assert!(failure.to_string().contains("it was not touched\n→ "), "{failure}");
        assert_eq!(std::fs::read_to_string(&context.config).unwrap(), "mine");
    }

    #[test]
    fn check_names_line_and_mend_and_ends_with_2() {
        let place = tempfile::tempdir().unwrap();
        let context = context(place.path());
        std::fs::write(
            &context.config,
            TEMPLATE.replace("retention_days = 730", "retention_days = \"long\""),
        )
        .unwrap();
        let failure = check(&context, None).unwrap_err();
        let said = failure.to_string();
        assert_eq!(failure.fault(), Fault::Asked);
        assert!(said.contains("equipoise.toml:") && said.matches(" → ").count() == 2, "{said}");
        assert!(said.ends_with("→ mend these lines, then run `equipoise check`"), "{said}");
        let failure = check(&context, Some(Path::new("/nowhere.toml"))).unwrap_err();
        assert!(failure.to_string().contains("equipoise init"), "{failure}");
    }
}
