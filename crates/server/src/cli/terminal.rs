//! The terminal: answers go to standard output, everything else to standard error. A reader who has gone away, as
//! `head` does, is no error.

use std::io::{ErrorKind, Result, Write};

/// Writes a line of an answer.
///
/// # Errors
/// When standard output can't be written to.
pub(super) fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    gone_is_fine(writeln!(out, "{line}").and_then(|()| out.flush()))
}

/// Writes a line for the person at the terminal; nothing can be done if that fails.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Takes a reader who has gone away for one who has seen enough.
pub(super) fn gone_is_fine(written: Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
