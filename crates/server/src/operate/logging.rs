//! Logs: to standard error, as text or JSON lines. Libraries that would print requests are kept quiet whatever the
//! operator asks for, since a log may never hold what a person can be recognised by.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// Libraries whose detailed logs show headers, addresses or bodies.
const QUIET: [&str; 10] = [
    "h2",
    "hyper",
    "hyper_util",
    "rustls",
    "tower",
    "tower_http",
    "axum",
    "axum_server",
    "ureq",
    "ureq_proto",
];

/// The filter for what the operator asked for; `info` if nothing.
///
/// # Errors
/// The directive that can't be read, in the library's words.
pub(super) fn filter(asked: Option<&str>) -> Result<EnvFilter, String> {
    let asked = asked.filter(|text| !text.trim().is_empty()).unwrap_or("info");
    let mut filter = EnvFilter::builder().parse(asked).map_err(|error| error.to_string())?;
    for library in QUIET {
        if let Ok(directive) = format!("{library}=warn").parse() {
            filter = filter.add_directive(directive);
        }
    }
    Ok(filter)
}

/// Starts logging for this process.
///
/// # Errors
/// The directive that can't be read, in the library's words.
pub fn start(format: LogFormat, asked: Option<&str>) -> Result<(), String> {
    // Colours are for terminals; in a file they are noise.
    let colours = std::io::stderr().is_terminal();
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter(asked)?)
        .with_ansi(colours)
        .with_writer(std::io::stderr);
    // A second start in one process, as in tests, changes nothing.
    let _ = match format {
        LogFormat::Text => logs.with_target(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_print_requests_stay_quiet_whatever_is_asked() {
        let filter = filter(Some("trace")).unwrap().to_string();
        assert!(filter.contains("h2=warn") && filter.contains("hyper=warn"), "{filter}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused() {
        assert!(super::filter(Some("equipoise=loud")).is_err());
        assert!(super::filter(None).is_ok());
    }
}
