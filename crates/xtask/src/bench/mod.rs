//! `cargo xtask bench`: measures a release build from outside, over loopback, as a shop would use it.
//! It must never report a figure for answers that were refused or broken as if they were good ones.

mod erasure;
mod forgetting;
mod intake;
mod load;
mod memory;
mod online_retail;
mod recommendations;
mod report;
mod server;
mod simulated;
mod surface;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use self::server::Shop;

const HELP: &str = "\
cargo xtask bench [recommendations|intake|erasure|forgetting|memory …] [options]

  --rate N            requests a second, for `recommendations` (2000)
  --seconds N         how long `recommendations` takes (20)
  --warm-up N         seconds before it that don't count (3)
  --connections N     kept-alive connections (32)
  --customers N       made-up customers, for `erasure`, `forgetting` and `memory` (15000: a million interactions)
";

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Recommendations,
    Intake,
    Erasure,
    Forgetting,
    Memory,
}

#[derive(Debug)]
struct Options {
    scenarios: Vec<Scenario>,
    rate_per_second: u32,
    length: Duration,
    warm_up: Duration,
    connections: u32,
    customers: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenarios: Vec::new(),
            rate_per_second: 2000,
            length: Duration::from_secs(20),
            warm_up: Duration::from_secs(3),
            connections: 32,
            customers: 15_000,
        }
    }
}

impl Options {
    /// Nothing, when help was asked for.
    fn parse(arguments: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(None),
                Long("rate") => options.rate_per_second = positive(arguments)?,
                Long("seconds") => options.length = Duration::from_secs(positive(arguments)?.into()),
                Long("warm-up") => options.warm_up = Duration::from_secs(arguments.value()?.parse()?),
                Long("connections") => options.connections = positive(arguments)?,
                Long("customers") => options.customers = positive(arguments)?,
                Value(name) => options.scenarios.push(match name.string()?.as_str() {
                    "recommendations" => Scenario::Recommendations,
                    "intake" => Scenario::Intake,
                    "erasure" => Scenario::Erasure,
                    "forgetting" => Scenario::Forgetting,
                    "memory" => Scenario::Memory,
                    other => {
                        bail!(
                            "unknown benchmark `{other}`; say recommendations, intake, erasure, forgetting or memory"
                        )
                    }
                }),
                other => return Err(other.unexpected().into()),
            }
        }
        if options.scenarios.is_empty() {
            options.scenarios = vec![
                Scenario::Recommendations,
                Scenario::Intake,
                Scenario::Memory,
                Scenario::Forgetting,
                Scenario::Erasure,
            ];
        }
        Ok(Some(options))
    }
}

fn positive(arguments: &mut lexopt::Parser) -> Result<u32> {
    match arguments.value()?.parse::<u32>()? {
        0 => bail!("`0` measures nothing; say at least 1"),
        number => Ok(number),
    }
}

/// Runs the scenarios one after the other, each on a server and data of its own.
pub(crate) fn command(root: &Path, arguments: &mut lexopt::Parser) -> Result<ExitCode> {
    let Some(options) = Options::parse(arguments)? else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let program = crate::cargo::build_equipoise(root, crate::cargo::Profile::Release)?;
    let mut failed = false;
    let mut made_up = None;
    for scenario in &options.scenarios {
        println!("\n=== {scenario:?}");
        let measured =
            match scenario {
                Scenario::Recommendations => shop_of_orders(root, &program, &options)
                    .and_then(|shop| recommendations::measure(&program, &shop, &options)),
                Scenario::Intake => intake::measure(root),
                Scenario::Memory => load_once(&mut made_up, &program, &options)
                    .and_then(|shop| memory::measure(&program, shop)),
                Scenario::Forgetting => load_once(&mut made_up, &program, &options)
                    .and_then(|shop| forgetting::measure(root, shop)),
                Scenario::Erasure => load_once(&mut made_up, &program, &options)
                    .and_then(|shop| erasure::measure(&program, shop)),
            };
        if let Err(error) = measured {
            failed = true;
            println!("FAILED: {error:#}");
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The Online Retail log where it stands beside the repository, or in the folder that `EQUIPOISE_SHARED` names; made-up
/// customers elsewhere.
fn shop_of_orders(root: &Path, program: &Path, options: &Options) -> Result<Shop> {
    let folder = std::env::var_os("EQUIPOISE_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let file = folder.join(online_retail::FILE);
    if file.exists() {
        return online_retail::load(program, &file);
    }
    println!("`{}` is missing: made-up customers take its place", file.display());
    simulated::load(program, options.customers)
}

/// The made-up shop, loaded when it is first needed.
fn load_once<'s>(shop: &'s mut Option<Shop>, program: &Path, options: &Options) -> Result<&'s Shop> {
    match shop {
        Some(shop) => Ok(shop),
        None => Ok(shop.insert(simulated::load(program, options.customers)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Options>> {
        Options::parse(&mut lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn scenarios_and_options_are_read() {
        let options = parse(&["memory", "--rate", "500", "--seconds=3"]).unwrap().unwrap();
        assert_eq!(options.scenarios, [Scenario::Memory]);
        assert_eq!((options.rate_per_second, options.length), (500, Duration::from_secs(3)));
        assert_eq!(parse(&[]).unwrap().unwrap().scenarios.len(), 5);
        assert!(parse(&["--rate", "0"]).is_err());
        assert!(parse(&["speed"]).is_err());
        assert!(parse(&["--help"]).unwrap().is_none());
    }
}
