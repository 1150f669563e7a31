//! `equipoise demo`: the demo shop, with data of its own. Deletes nothing that an earlier demo didn't make.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use super::arguments::DemoArgs;
use super::server::until_stopped;
use super::terminal::{note, say};
use super::{Context, Failure};
use crate::operate::{Announcement, Progress, ServeOptions, TokenFile, announce, make_closed};

/// The file that says that a directory is a demo's.
const MARKER: &str = "this-is-an-equipoise-demo";
/// What stands in it.
const MARKED: &str = "Made by `equipoise demo`. `equipoise demo --fresh` deletes this directory.\n";

/// Serves the demo shop until it is stopped.
pub(super) fn run(context: &Context, arguments: &DemoArgs) -> Result<ExitCode, Failure> {
    let DemoArgs { listen, fresh } = arguments;
    let directory = &context.places.data_dir;
    if *fresh {
        clear(directory)?;
    }
    mark(directory)?;
    let announcement = announce(directory)?;
    let app = crate::demo::prepare(context.start(Progress::Shown))?;
    let options = ServeOptions::new(listen.listen, None, context.places.clone());
    let token = TokenFile::in_directory(&context.places.key_dir);
    let write_key = app.register().write_keys.first().cloned().unwrap_or_default();
    until_stopped(app, &options, announcement, |listening| {
        let greeting = format!(
            "The demo shop is open: {0}\n  its API: {0}/docs\n  write key: {write_key}\n  operator's token: {1}\nNobody in it is real. Stop it with Ctrl-C.",
            listening.origin,
            token.path().display()
        );
        if say(&greeting).is_err() {
            note(&greeting);
        }
    })
}

/// Deletes an earlier demo's directory, if no server has it.
fn clear(directory: &Path) -> Result<(), Failure> {
    if !directory.exists() {
        return Ok(());
    }
    if !directory.join(MARKER).is_file() {
        return Err(Failure::asked(
            format!("`{}` was not made by the demo, so it is not deleted", directory.display()),
            "leave `--fresh` out, or name another place with `--data-dir`",
        ));
    }
    let held: Announcement = announce(directory)?;
    let deleted = std::fs::remove_dir_all(directory);
    drop(held);
    deleted.map_err(|error| {
        Failure::failed(
            format!("`{}` could not be deleted: {error}", directory.display()),
            "delete it by hand, then start again",
        )
    })
}

/// Makes the directory the demo's, unless there is something else in it.
fn mark(directory: &Path) -> Result<(), Failure> {
    if directory.join(MARKER).is_file() {
        return Ok(());
    }
    let unusable = |error: &std::io::Error| {
        Failure::failed(
            format!("`{}` can't be used: {error}", directory.display()),
            "name a place that this user may write to with `--data-dir`",
        )
    };
    match std::fs::read_dir(directory).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            return Err(Failure::asked(
                format!("there is something else in `{}`", directory.display()),
                "name a new directory for the demo with `--data-dir`",
            ));
        }
        Ok(false) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_closed(directory).map_err(|error| unusable(&error))?
        }
        Err(error) => return Err(unusable(&error)),
    }
    std::fs::write(directory.join(MARKER), MARKED).map_err(|error| unusable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_deletes_only_what_a_demo_made() {
        let place = tempfile::tempdir().unwrap();
        let demo = place.path().join("demo");
        clear(&demo).unwrap();
        mark(&demo).unwrap();
        std::fs::write(demo.join("x"), "x").unwrap();
        mark(&demo).unwrap();
        clear(&demo).unwrap();
        assert!(!demo.exists());

        let other = place.path().join("other");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("precious"), "x").unwrap();
        assert!(clear(&other).unwrap_err().to_string().contains("not made by the demo"));
        assert!(mark(&other).is_err() && other.join("precious").exists() && !other.join(MARKER).exists());
    }

    #[test]
    fn a_demo_that_is_being_served_is_not_deleted() {
        let place = tempfile::tempdir().unwrap();
        let demo = place.path().join("demo");
        mark(&demo).unwrap();
        let held = announce(&demo).unwrap();
        assert!(clear(&demo).is_err() && demo.exists());
        drop(held);
        clear(&demo).unwrap();
    }
}
