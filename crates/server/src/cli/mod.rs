//! The command line: each command in a file of its own, or in its feature. Answers go to standard output, all else to
//! standard error; a command must never end without saying what to do when it failed.

mod arguments;
mod demo;
mod evaluate;
mod failure;
mod guard;
mod learn;
mod people;
mod places;
mod question;
mod register;
mod server;
mod simulate;
mod terminal;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use self::arguments::{Cli, Command, Common, KeysCommand, TokenCommand};
use self::failure::Failure;
use crate::operate::{Places, Progress, RegisterSource, StartOptions, find_register, start_logging};

/// Runs the command that this process was started with. Exit codes: 0 done, 1 not done or something is wrong, 2 asked
/// for in the wrong way or mistakes in the register.
#[must_use]
pub fn main() -> ExitCode {
    let Cli { common, command } = Cli::parse();
    let filter = common.log.clone().or_else(|| std::env::var("RUST_LOG").ok());
    if let Err(why) = start_logging(common.log_format, filter.as_deref()) {
        let failure = Failure::asked(
            format!("`--log` or RUST_LOG can't be read: {why}"),
            "write it like `debug` or `warn,equipoise=debug`",
        );
        return fail(&failure);
    }
    match run(&common, command) {
        Ok(code) => code,
        Err(failure) => fail(&failure),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    terminal::note(&failure.to_string());
    failure.exit_code()
}

fn run(common: &Common, command: Command) -> Result<ExitCode, Failure> {
    let shop = Context::new(common, "equipoise-data");
    match command {
        Command::Demo(arguments) => demo::run(&Context::new(common, "demo-data"), &arguments),
        Command::Serve(arguments) => server::run(&shop, &arguments),
        Command::Init => register::init(&shop),
        Command::Check { file } => register::check(&shop, file.as_deref()),
        Command::Snippet { server, consent_mode, tcf } => {
            let wanted = [(consent_mode, question::Standard::ConsentMode), (tcf, question::Standard::Tcf)];
            let wanted = wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, standard)| standard);
            question::snippet(&shop, &server, wanted)
        }
        Command::Texts { language } => question::texts(&shop, language.as_deref()),
        Command::Import(arguments) => people::import(&shop, &arguments),
        Command::Simulate(arguments) => simulate::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Learn { show, json } => {
            let act = if show { learn::Act::Show } else { learn::Act::Learn };
            let form = if json { learn::Form::Json } else { learn::Form::Text };
            learn::run(&shop, act, form)
        }
        Command::Experiment(arguments) => places::experiment(&shop, &arguments),
        Command::Placement(arguments) => places::placement(&shop, &arguments),
        Command::Subject(arguments) => people::subject(&shop, &arguments),
        Command::Offers(arguments) => people::offers(&shop, &arguments),
        Command::Audit(arguments) => people::audit(&shop, &arguments),
        Command::Backup { to } => guard::backup(&shop, to.as_deref()),
        Command::Restore { from } => guard::restore(&shop, &from),
        Command::Keys { command: KeysCommand::Rotate } => guard::rotate_keys(&shop),
        Command::Doctor { json } => match json {
            true => guard::doctor_for_programs(&shop),
            false => guard::doctor(&shop),
        },
        Command::Token { command: None } => guard::show_token(&shop),
        Command::Token { command: Some(TokenCommand::Rotate) } => guard::rotate_token(&shop),
    }
}

/// Where a command works.
struct Context {
    places: Places,
    config: PathBuf,
}

impl Context {
    fn new(common: &Common, default_data_dir: &str) -> Self {
        let data_dir = common.data_dir.as_deref().unwrap_or(Path::new(default_data_dir));
        Self {
            places: Places::new(data_dir, common.key_dir.as_deref()),
            config: find_register(common.config.as_deref(), data_dir),
        }
    }

    fn register(&self) -> RegisterSource {
        RegisterSource::File(self.config.clone())
    }

    fn start(&self, progress: Progress) -> StartOptions {
        StartOptions::new(self.places.clone(), self.register(), progress)
    }
}
