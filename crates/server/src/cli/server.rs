//! `equipoise serve`.

use std::process::ExitCode;
use std::sync::Arc;

use super::arguments::ServeArgs;
use super::terminal::{note, say};
use super::{Context, Failure};
use crate::app::App;
use crate::operate::{Announcement, Listening, Progress, ServeOptions, TokenFile, announce, open_app, serve};

/// Serves until it is stopped.
pub(super) fn run(context: &Context, arguments: &ServeArgs) -> Result<ExitCode, Failure> {
    let ServeArgs { listen, tls_cert, tls_key } = arguments;
    let tls = tls_cert.clone().zip(tls_key.clone());
    let without_tls = tls.is_none() && !listen.listen.ip().is_loopback();
    let announcement = announce(&context.places.data_dir)?;
    let app = open_app(context.start(Progress::Shown))?;
    if without_tls {
        note(
            "Without `--tls-cert` anybody on the way can read what your customers send; keep this behind a proxy that speaks HTTPS.",
        );
    }
    let options = ServeOptions::new(listen.listen, tls, context.places.clone());
    let token = TokenFile::in_directory(&context.places.key_dir);
    until_stopped(app, &options, announcement, |listening| {
        let Listening { origin, local_origin: _ } = listening;
        let shop = format!(
            "Equipoise serves your shop at {origin}\n  API:    {origin}/docs\n  token:  {}",
            token.path().display()
        );
        // Whoever watches the output must see the address, whatever became of standard output.
        if say(&shop).is_err() {
            note(&shop);
        }
    })
}

/// Serves with what is opened already.
pub(super) fn until_stopped(
    app: Arc<App>,
    options: &ServeOptions,
    announcement: Announcement,
    greet: impl FnOnce(&Listening),
) -> Result<ExitCode, Failure> {
    serve(app, options, announcement, greet)?;
    Ok(ExitCode::SUCCESS)
}
