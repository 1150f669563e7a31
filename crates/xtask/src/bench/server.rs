//! A release build under measurement: its data, its process, and what the kernel says of it.
//! It must never measure a server on data that somebody uses.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::surface;
use crate::server_process::ServerProcess;
use crate::steps;

/// Clock ticks a second in `/proc`: fixed at 100 in Linux's interface to user space.
const TICK: Duration = Duration::from_millis(10);

/// How long the models may take to be reckoned after a start.
const TENDED_LIMIT: Duration = Duration::from_secs(300);

/// A folder of data for one measurement, deleted with it.
pub(crate) struct Data {
    folder: TempDir,
}

impl Data {
    /// A folder with a register in it: the one that `equipoise init` writes, with long retention, so that no figure
    /// depends on how much has expired by today.
    pub(crate) fn new(program: &Path) -> Result<Self> {
        let data = Self { folder: tempfile::tempdir().context("could not make a folder for the data")? };
        run(program, &surface::init(&data))?;
        let register = std::fs::read_to_string(data.register())?;
        let lines = register.lines().map(|line| match line.starts_with("retention_days = ") {
            true => "retention_days = 3650",
            false => line,
        });
        std::fs::write(data.register(), lines.collect::<Vec<_>>().join("\n"))?;
        Ok(data)
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The register in force.
    pub(crate) fn register(&self) -> PathBuf {
        self.beside("equipoise.toml")
    }

    /// A file beside the data.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A shop with its data in the store.
pub(crate) struct Shop {
    pub(crate) data: Data,
    /// What was stored: each view, cart or line of an order.
    pub(crate) interactions: u64,
    /// Known customers, each with an item to ask for.
    pub(crate) pairs: Vec<(String, String)>,
    /// How long the import took.
    pub(crate) import: Duration,
    /// Where the data comes from.
    pub(crate) what: String,
}

/// Runs one of the program's commands to its end; gives what it printed, and how long it took.
pub(crate) fn run(program: &Path, arguments: &[String]) -> Result<(String, Duration)> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit());
    let begun = Instant::now();
    println!("$ {}", steps::shown(&command));
    let output = command.output().with_context(|| format!("could not start `{}`", program.display()))?;
    let took = begun.elapsed();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    print!("{text}");
    if !output.status.success() {
        bail!("`{}` ended with an error", steps::shown(&command));
    }
    Ok((text, took))
}

/// A running server.
pub(crate) struct Server {
    process: ServerProcess,
    token: String,
}

impl Server {
    pub(crate) fn start(program: &Path, data: &Data) -> Result<Self> {
        let arguments = surface::serve(data);
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let process = ServerProcess::start(program, &arguments)?;
        let token = std::fs::read_to_string(surface::token_file(data)).context("the server made no token")?;
        Ok(Self { process, token: token.trim().to_owned() })
    }

    /// The operator's token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.process_id()
    }

    /// Waits until the models are reckoned that take long after a start; says how long that took.
    pub(crate) fn wait_until_tended(&self) -> Result<Duration> {
        let begun = Instant::now();
        let question = surface::metrics(&self.token);
        while begun.elapsed() < TENDED_LIMIT {
            let mut connection = TcpStream::connect(self.address())?;
            connection.write_all(&question)?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer)?;
            if surface::tended(&answer)? {
                return Ok(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        bail!("the models weren't reckoned within {TENDED_LIMIT:?}")
    }

    /// Bytes in memory now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id()))
            .context("could not read the server's memory (Linux's /proc is needed)")?;
        resident_bytes(&status).context("the server's `/proc/…/status` has no `VmRSS`")
    }

    pub(crate) fn stop(self) -> Result<()> {
        self.process.stop()
    }
}

/// User and system time of a process so far.
pub(crate) fn cpu_time(process_id: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat"))
        .context("could not read the server's CPU time (Linux's /proc is needed)")?;
    ticks(&stat).map(|ticks| TICK * ticks).context("the server's `/proc/…/stat` can't be read")
}

/// Fields 14 and 15 of proc_pid_stat(5); the second field may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u32> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let stat = "12 (a ) b) S 1 12 12 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
        assert!(cpu_time(std::process::id()).is_ok());
    }
}
