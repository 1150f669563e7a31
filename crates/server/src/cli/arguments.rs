//! The commands and flags of `equipoise`, in the words of a shop owner. Nothing is done here.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::evaluate::EvaluateArgs;
use crate::experiments::ExperimentArgs;
use crate::intake::import::ImportArgs;
use crate::offers::OffersArgs;
use crate::operate::LogFormat;
use crate::placements::PlacementArgs;
use crate::rights::{AuditArgs, SubjectArgs};

/// Personalisation for your shop that obeys your customers' consent.
#[derive(Debug, Parser)]
#[command(
    name = "equipoise",
    version,
    arg_required_else_help = true,
    after_help = "To see it at work:        equipoise demo\nTo begin with your shop:  equipoise init, then equipoise check, then equipoise serve"
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Where the help puts the flags that every command takes: after the command's own.
const COMMON: &str = "Options of every command";

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub(super) struct Common {
    /// Your register [default: equipoise.toml here, or else in the data directory]
    #[arg(long, global = true, help_heading = COMMON, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Where your data lies [default: ./equipoise-data; for `demo`: ./demo-data]
    #[arg(long, global = true, help_heading = COMMON, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Where the keys lie, without which nobody can read the data [default: `keys` in the data directory]
    #[arg(long, global = true, help_heading = COMMON, value_name = "DIR")]
    pub(super) key_dir: Option<PathBuf>,
    /// How log lines look
    #[arg(long, global = true, help_heading = COMMON, value_enum, default_value = "text", value_name = "FORM")]
    pub(super) log_format: LogFormat,
    /// What is logged, such as `debug` or `warn,equipoise=debug` [default: what RUST_LOG says, or else `info`]
    #[arg(long, global = true, help_heading = COMMON, value_name = "FILTER")]
    pub(super) log: Option<String>,
}

/// What `equipoise` can do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start the demo shop, with made-up customers, to see how it all works
    Demo(DemoArgs),
    /// Start the server for your shop
    Serve(ServeArgs),
    /// Write a register (equipoise.toml) with explanations, to begin with
    #[command(
        after_help = "Example:\n  equipoise init\n  equipoise init --config /etc/equipoise/equipoise.toml"
    )]
    Init,
    /// Look through your register: every mistake with its line and what to write instead
    #[command(after_help = "Example:\n  equipoise check\n  equipoise check new-register.toml")]
    Check {
        /// The register to look through, if not your own
        file: Option<PathBuf>,
    },
    /// Print the line that goes into your shop's pages: it asks your customers and heeds their answer
    #[command(after_help = "Example:\n  equipoise snippet https://equipoise.your-shop.example")]
    Snippet {
        /// The address at which your customers' browsers reach this server
        #[arg(value_name = "ADDRESS", default_value = "http://127.0.0.1:8080")]
        server: String,
        /// Also the line for Google's Consent Mode, which stands before Google's own tag
        #[arg(long)]
        consent_mode: bool,
        /// Also the line for the IAB's TCF, which stands before the tags of companies on its list
        #[arg(long)]
        tcf: bool,
    },
    /// Print the words of the question in a language, to change them or begin a language of your own
    #[command(
        after_help = "Examples:\n  equipoise texts                     the languages that there are\n  equipoise texts en > texts/en.toml  in a folder beside your register; change what you like, take out the rest"
    )]
    Texts {
        /// The language, such as `en` or `mi`
        language: Option<String>,
    },
    /// Take in files of past orders, visits or events
    #[command(
        after_help = "Examples:\n  equipoise import orders.csv.gz --format online-retail --basis contract --purpose service\n  equipoise import events.jsonl --format segment\nIt can be stopped and given again: it goes on where it was, and nothing comes in twice."
    )]
    Import(ImportArgs),
    /// Make up customers of the demo shop, as events, one JSON object a line
    #[command(after_help = "Example:\n  equipoise simulate --customers 10000 --out events.jsonl")]
    Simulate(SimulateArgs),
    /// Measure how well the recommendations do on recorded data, next to popularity and each single model
    Evaluate(EvaluateArgs),
    /// Learn on your own past what counts how much in a recommendation, and say how much better than popularity that does
    #[command(
        after_help = "Example:\n  equipoise learn\nThe server does it every day by itself. With `--show`, only what was learned last is told."
    )]
    Learn {
        /// Learn nothing now: tell what was learned last
        #[arg(long)]
        show: bool,
        /// Answer as JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Say what the places of your shop show: rules, pins, filters, and what a change would do
    #[command(
        after_help = "Examples:\n  equipoise placement show home > home.toml\n  equipoise placement preview home --looked TRK-001 --rules home.toml\n  equipoise placement set home.toml"
    )]
    Placement(PlacementArgs),
    /// Compare ways of filling a place, and see whether one does better
    #[command(
        after_help = "Examples:\n  equipoise experiment plan --usual 0.03 --smallest 0.005\n  equipoise experiment start spring.toml --dry-run\n  equipoise experiment result spring"
    )]
    Experiment(ExperimentArgs),
    /// Do what a customer has a right to: show, correct, hand over, stop, erase
    #[command(
        after_help = "Examples:\n  equipoise subject access --email hana@example.com --out hana.json\n  equipoise subject erase --user-id c-17 --out certificate.json"
    )]
    Subject(SubjectArgs),
    /// Plan campaigns, approve them, and ask who may be written to
    #[command(
        after_help = "Examples:\n  equipoise offers create winter --words \"Winter sale\" --channel email --category packs --until 2026-08-31 --by Hana\n  equipoise offers approve winter --by Ben --reason \"Only to those who asked for it\"\n  equipoise offers decide winter --user-id c-17"
    )]
    Offers(OffersArgs),
    /// Check the log of everything that was done with personal data, or a certificate of erasure
    #[command(
        after_help = "Examples:\n  equipoise audit verify --data-dir equipoise-data\n  equipoise audit verify --certificate certificate.json"
    )]
    Audit(AuditArgs),
    /// Make a backup, while the server runs or not
    #[command(
        after_help = "Example:\n  equipoise backup --to /mnt/backups/monday\nThe keys are not in it: keep a copy of the key directory elsewhere. Without it nobody can read the backup."
    )]
    Backup {
        /// A new directory for the backup [default: a new one in the data directory's `backups`]
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
    /// Bring a backup back; people who were erased since stay erased
    #[command(
        after_help = "Example:\n  equipoise restore /mnt/backups/monday\nThe data directory must be empty; move what is in it away first."
    )]
    Restore {
        /// The backup's directory
        from: PathBuf,
    },
    /// Look after the keys
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Check everything up: files, keys, clock, disk, register, ledgers, audit log, backups
    #[command(after_help = "Exit code: 0 when nothing is wrong, 1 when something is.")]
    Doctor {
        /// Answer as JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Say where the operator's token is, or make a new one
    Token {
        #[command(subcommand)]
        command: Option<TokenCommand>,
    },
}

/// Where a server listens.
#[derive(Debug, Args)]
pub(super) struct ListenArgs {
    /// The address to listen at; port 0 for any that is free
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT", value_parser = address)]
    pub(super) listen: SocketAddr,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write address and port, such as 127.0.0.1:8080")
}

/// `equipoise demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  equipoise demo --listen 127.0.0.1:9000\nThe demo keeps its data in ./demo-data, apart from yours."
)]
pub(super) struct DemoArgs {
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    /// Begin anew: delete what an earlier demo left
    #[arg(long)]
    pub(super) fresh: bool,
}

/// `equipoise serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  equipoise serve\n  equipoise serve --listen 0.0.0.0:443 --tls-cert fullchain.pem --tls-key privkey.pem\nStop it with Ctrl-C; it finishes what it has begun."
)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) listen: ListenArgs,
    /// A certificate (PEM), to speak HTTPS
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
}

/// `equipoise simulate`.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// How many customers
    #[arg(long, value_name = "N")]
    pub(super) customers: u64,
    /// The same seed gives the same customers
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(super) seed: u64,
    /// How many days
    #[arg(long, default_value_t = 365, value_name = "N")]
    pub(super) days: u32,
    /// The first day
    #[arg(long, default_value = "2025-11-01", value_name = "DATE")]
    pub(super) start: jiff::civil::Date,
    /// Write to this new file instead of the terminal
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

/// `equipoise keys …`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum KeysCommand {
    /// Make a new key for all others and destroy the old one; the server may run meanwhile
    Rotate,
}

/// `equipoise token …`.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a new token; the old one ends when the server is started again
    Rotate,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, error::ErrorKind};

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_commands_are_free_of_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_manual_is_understood() {
        for line in [
            "equipoise demo --listen 127.0.0.1:0 --data-dir x --fresh",
            "equipoise serve --listen 127.0.0.1:0 --data-dir x",
            "equipoise --data-dir x --config y.toml serve --tls-cert a --tls-key b",
            "equipoise init",
            "equipoise check",
            "equipoise check other.toml",
            "equipoise import a.csv.gz --format online-retail --data-dir x --basis contract --purpose service",
            "equipoise import a.jsonl --format segment",
            "equipoise simulate --customers 1000000 --seed 1",
            "equipoise simulate --customers 5 --seed 1 --days 3 --out f",
            "equipoise evaluate sessions --train a.tsv --test b.tsv --json --only session",
            "equipoise evaluate transactions orders.csv.gz --html report.html --refusal 0,10,90",
            "equipoise evaluate baskets --history a.json --future b.json --seed 7",
            "equipoise evaluate sequences lines.txt",
            "equipoise experiment list",
            "equipoise experiment plan --usual 0.03 --smallest 0.005 --people 4000",
            "equipoise experiment start spring.toml --dry-run",
            "equipoise experiment result spring",
            "equipoise experiment stop spring",
            "equipoise placement list",
            "equipoise placement show home",
            "equipoise placement set rules.toml --dry-run",
            "equipoise placement remove home",
            "equipoise placement preview home --item a --looked b --bought c --rules r.toml",
            "equipoise subject erase --email a@example.com --out c.json",
            "equipoise subject kept --order 1042 --reason audit",
            "equipoise audit verify --certificate c.json",
            "equipoise audit verify --data-dir x",
            "equipoise backup",
            "equipoise backup --to b",
            "equipoise restore b",
            "equipoise keys rotate",
            "equipoise doctor --json --log-format json",
            "equipoise token",
            "equipoise token rotate --key-dir k",
        ] {
            parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn wrong_commands_are_refused_as_wrong_usage() {
        for (line, kind) in [
            ("equipoise serv", ErrorKind::InvalidSubcommand),
            ("equipoise serve --listen here", ErrorKind::ValueValidation),
            ("equipoise serve --tls-cert a", ErrorKind::MissingRequiredArgument),
            ("equipoise simulate", ErrorKind::MissingRequiredArgument),
            ("equipoise import a.csv --format xls", ErrorKind::InvalidValue),
            ("equipoise evaluate", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
            ("equipoise evaluate sessions --train a", ErrorKind::MissingRequiredArgument),
            ("equipoise evaluate sequences a --refusal 0,110", ErrorKind::ValueValidation),
            ("equipoise subject erase", ErrorKind::MissingRequiredArgument),
            ("equipoise keys", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        ] {
            let error = parse(line).err().unwrap_or_else(|| panic!("{line}"));
            assert_eq!((error.kind(), error.exit_code()), (kind, 2), "{line}");
        }
    }

    #[test]
    fn a_port_alone_is_answered_with_how_to_write_it() {
        let error = parse("equipoise serve --listen 8300").err().unwrap().to_string();
        assert!(error.contains("write address and port, such as 127.0.0.1:8080"), "{error}");
    }

    #[test]
    fn the_common_options_stand_after_a_commands_own() {
        let error = parse("equipoise serve --help").err().unwrap().to_string();
        let (own, common) = error.split_once("Options of every command:").unwrap();
        assert!(own.contains("--listen") && own.contains("--tls-cert"), "{error}");
        assert!(common.contains("--config") && common.contains("--log-format"), "{error}");
        assert!(!own.contains("--config") && !own.contains("--data-dir"), "{error}");
    }

    #[test]
    fn a_data_directory_named_anywhere_holds_and_none_stays_none() {
        for line in [
            "equipoise --data-dir x doctor",
            "equipoise doctor --data-dir x",
            "equipoise audit verify --data-dir x",
        ] {
            assert_eq!(parse(line).unwrap().common.data_dir, Some(PathBuf::from("x")), "{line}");
        }
        let Command::Audit(audit) = parse("equipoise audit verify --certificate c").unwrap().command else {
            panic!()
        };
        let crate::rights::AuditCommand::Verify { data_dir, .. } = audit.command;
        assert_eq!(data_dir, None);
    }

    #[test]
    fn help_speaks_of_the_shop_and_gives_examples() {
        let mut command = Cli::command();
        let help = command.render_long_help().to_string();
        assert!(help.contains("equipoise demo") && help.contains("equipoise init"), "{help}");
        for name in [
            "serve",
            "import",
            "backup",
            "restore",
            "subject",
            "audit",
            "simulate",
            "placement",
            "experiment",
        ] {
            let help = command.find_subcommand_mut(name).unwrap().render_help().to_string();
            assert!(help.contains("Example"), "{name}: {help}");
        }
    }
}
