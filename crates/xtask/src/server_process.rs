//! A running `equipoise` for the browser tests and the benchmarks: started on a free port, watched, stopped.
//! It must never outlive the task that started it.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, PipeReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take until it says where it listens.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long it may take to stop when asked kindly.
const STOP_LIMIT: Duration = Duration::from_secs(15);
const KEPT_LINES: usize = 60;
const ADDRESS_PREFIX: &str = "http://127.0.0.1:";

type LastLines = Arc<Mutex<VecDeque<String>>>;

pub(crate) struct ServerProcess {
    child: Child,
    address: SocketAddr,
    last_lines: LastLines,
}

impl ServerProcess {
    /// Starts `program arguments…` and waits until it prints a line with `http://127.0.0.1:PORT`.
    ///
    /// # Errors
    /// When it ends or stays silent instead; the last lines that it printed are part of the error.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let (output, input) = std::io::pipe()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
        let child = command.spawn().with_context(|| format!("could not start `{}`", program.display()))?;
        drop(command);
        let last_lines = LastLines::default();
        let (sender, found) = channel();
        let kept = Arc::clone(&last_lines);
        std::thread::spawn(move || follow(output, &kept, &sender));
        // From here on, dropping it stops the child.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), last_lines };
        server.address = server.wait_for_address(&found)?;
        Ok(server)
    }

    fn wait_for_address(&self, found: &Receiver<SocketAddr>) -> Result<SocketAddr> {
        match found.recv_timeout(START_LIMIT) {
            Ok(address) => Ok(address),
            Err(RecvTimeoutError::Timeout) => {
                bail!("the server didn't say where it listens within {START_LIMIT:?}; {}", self.last_words())
            }
            Err(RecvTimeoutError::Disconnected) => {
                bail!("the server ended before it said where it listens; {}", self.last_words())
            }
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The last lines that the server printed, for a failure's report.
    pub(crate) fn last_words(&self) -> String {
        let lines = self.last_lines.lock().unwrap_or_else(PoisonError::into_inner);
        match lines.is_empty() {
            true => "it printed nothing".to_owned(),
            false => {
                let lines: Vec<_> = lines.iter().map(String::as_str).collect();
                format!("its last lines:\n{}", lines.join("\n"))
            }
        }
    }

    /// Stops it with SIGTERM, as a service manager does.
    ///
    /// # Errors
    /// When it had died before, doesn't stop in time, or stops with an error.
    pub(crate) fn stop(mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server had ended by itself ({status}); {}", self.last_words());
        }
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let asked = Instant::now();
        while asked.elapsed() < STOP_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("the server was asked to stop and ended with {status}; {}", self.last_words());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server didn't stop within {STOP_LIMIT:?} of SIGTERM; {}", self.last_words())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail harmlessly when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads all that the server prints, so that it never blocks on a full pipe.
fn follow(output: PipeReader, kept: &LastLines, found: &Sender<SocketAddr>) {
    for line in BufReader::new(output).lines() {
        let Ok(line) = line else { return };
        if let Some(address) = address_in(&line) {
            // Nobody listens any more after the first address.
            let _ = found.send(address);
        }
        let mut lines = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once(ADDRESS_PREFIX)?.1;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<ServerProcess> {
        ServerProcess::start(Path::new("/bin/sh"), &["-c", script])
    }

    #[test]
    fn the_address_is_read_from_any_line() {
        let address = |line| address_in(line).map(|address| address.port());
        assert_eq!(address("open http://127.0.0.1:8080/ in a browser"), Some(8080));
        assert_eq!(address("{\"listen\":\"http://127.0.0.1:41003\"}"), Some(41003));
        assert_eq!(address("http://127.0.0.1:0 is asked for"), None);
        assert_eq!(address("nothing here"), None);
    }

    #[test]
    fn a_server_that_ends_early_is_an_error_with_its_last_words() {
        let error = shell("echo no such register; exit 1").err().unwrap();
        assert!(error.to_string().contains("no such register"), "{error}");
    }

    #[test]
    fn a_server_that_stops_when_asked_is_well() {
        let server =
            shell("trap 'exit 0' TERM; echo http://127.0.0.1:9; while :; do sleep 0.05; done").unwrap();
        assert_eq!(server.origin(), "http://127.0.0.1:9");
        server.stop().unwrap();
    }

    #[test]
    fn a_server_that_died_is_an_error() {
        let server = shell("echo http://127.0.0.1:9; exit 7").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        assert!(server.stop().is_err());
    }
}
