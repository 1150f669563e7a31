//! A load driver for HTTP/1.1 over loopback: kept-alive connections, blocking threads, requests made beforehand.
//! At a constant rate it is an open loop: latency counts from the moment at which the request was due, so that a
//! stalled server can't hide its stall by holding the driver up (coordinated omission). It must never count an
//! answer outside 200–299 as served.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hdrhistogram::Histogram;

use super::server::cpu_time;

const ANSWER_LIMIT: Duration = Duration::from_secs(30);
const SHOWN_FAULT_CHARACTERS: usize = 300;
const HEADERS: usize = 64;

#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// Open loop: requests a second over all connections.
    PerSecond(u32),
    /// Closed loop: each connection sends when its last answer is in.
    AsFastAsAnswered,
}

pub(crate) struct Plan<'a> {
    pub(crate) address: SocketAddr,
    /// Whose CPU time is read.
    pub(crate) process_id: u32,
    pub(crate) connections: u32,
    pub(crate) pace: Pace,
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
    /// Taken in turn, over and over in an open loop; each at most once in a closed one when `Repeat::Never`.
    pub(crate) requests: &'a [Vec<u8>],
    pub(crate) repeat: Repeat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    Forever,
    Never,
}

/// What came back after the warm-up.
pub(crate) struct Measured {
    /// Microseconds of the answers that were served.
    pub(crate) latency_us: Histogram<u64>,
    pub(crate) served: u64,
    /// Answers outside 200–299.
    pub(crate) refused: u64,
    /// No answer at all.
    pub(crate) broken: u64,
    pub(crate) first_fault: Option<String>,
    pub(crate) elapsed: Duration,
    /// User and system time of the server's process.
    pub(crate) cpu: Duration,
}

impl Measured {
    fn empty() -> Result<Self> {
        Ok(Self {
            latency_us: Histogram::new_with_bounds(1, 60_000_000, 3)?,
            served: 0,
            refused: 0,
            broken: 0,
            first_fault: None,
            elapsed: Duration::ZERO,
            cpu: Duration::ZERO,
        })
    }

    fn add(&mut self, other: Self) -> Result<()> {
        let Self { latency_us, served, refused, broken, first_fault, elapsed: _, cpu: _ } = other;
        self.latency_us.add(latency_us)?;
        self.served += served;
        self.refused += refused;
        self.broken += broken;
        if self.first_fault.is_none() {
            self.first_fault = first_fault;
        }
        Ok(())
    }

    pub(crate) fn served_per_second(&self) -> f64 {
        self.served as f64 / self.elapsed.as_secs_f64()
    }

    /// # Errors
    /// When anything was refused or broken: its figures would flatter.
    pub(crate) fn demand_all_served(&self) -> Result<()> {
        let Self { served, refused, broken, first_fault, .. } = self;
        match (refused, broken, served) {
            (0, 0, 0) => bail!("nothing was served"),
            (0, 0, _) => Ok(()),
            _ => bail!(
                "{refused} refused and {broken} broken beside {served} served; the first: {}",
                first_fault.as_deref().unwrap_or("no words")
            ),
        }
    }
}

/// Runs the plan and waits for its end.
///
/// # Errors
/// When a connection can't be made at all, or the server's process can't be read.
pub(crate) fn run(plan: &Plan<'_>) -> Result<Measured> {
    if plan.requests.is_empty() {
        bail!("there are no requests to send");
    }
    // A head start lets all connections stand before the first request is due.
    let start = Instant::now() + Duration::from_millis(200);
    let counted_from = start + plan.warm_up;
    std::thread::scope(|scope| {
        let senders: Vec<_> =
            (0..plan.connections).map(|number| scope.spawn(move || send(plan, number, start))).collect();
        sleep_until(counted_from);
        let cpu_before = cpu_time(plan.process_id)?;
        let mut total = Measured::empty()?;
        for sender in senders {
            let Ok(measured) = sender.join() else { bail!("a connection's thread broke down") };
            total.add(measured?)?;
        }
        total.elapsed = counted_from.elapsed();
        total.cpu = cpu_time(plan.process_id)?.saturating_sub(cpu_before);
        Ok(total)
    })
}

/// One connection's share: every `connections`-th request, beginning with its own number.
fn send(plan: &Plan<'_>, number: u32, start: Instant) -> Result<Measured> {
    let mut measured = Measured::empty()?;
    let mut connection = Some(Connection::open(plan.address)?);
    let counted_from = start + plan.warm_up;
    let end = counted_from + plan.length;
    sleep_until(start);
    for index in (u64::from(number)..).step_by(usize::try_from(plan.connections)?) {
        let place = usize::try_from(index)?;
        if plan.repeat == Repeat::Never && place >= plan.requests.len() {
            break;
        }
        let Some(request) = plan.requests.get(place % plan.requests.len()) else { break };
        let due = match plan.pace {
            Pace::PerSecond(rate) => start + Duration::from_nanos(index * 1_000_000_000 / u64::from(rate)),
            Pace::AsFastAsAnswered => Instant::now(),
        };
        if due >= end {
            break;
        }
        sleep_until(due);
        let answer = exchange(&mut connection, plan.address, request);
        if due < counted_from {
            continue;
        }
        match answer {
            Ok(Answer { status: 200..=299, .. }) => {
                measured.served += 1;
                let microseconds = u64::try_from(due.elapsed().as_micros())?;
                measured.latency_us.saturating_record(microseconds.max(1));
            }
            Ok(Answer { status, body }) => {
                measured.refused += 1;
                measured.first_fault.get_or_insert_with(|| format!("status {status}: {body}"));
            }
            Err(error) => {
                measured.broken += 1;
                measured.first_fault.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
    Ok(measured)
}

/// Sends one request; a connection that broke is made anew the next time.
fn exchange(connection: &mut Option<Connection>, address: SocketAddr, request: &[u8]) -> Result<Answer> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => Connection::open(address)?,
    };
    let answer = open.exchange(request)?;
    *connection = Some(open);
    Ok(answer)
}

fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(Instant::now()));
}

struct Answer {
    status: u16,
    /// The beginning of the body of an answer outside 200–299.
    body: String,
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("could not connect to {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.received.clear();
        self.stream.write_all(request).context("could not send")?;
        let head = loop {
            self.receive()?;
            if let Some(head) = Head::parse(&self.received)? {
                break head;
            }
        };
        while self.received.len() < head.length + head.body_length {
            self.receive()?;
        }
        if self.received.len() > head.length + head.body_length {
            bail!("more came back than the answer's content-length says");
        }
        let body = match head.status {
            200..=299 => String::new(),
            _ => {
                let body = self.received.get(head.length..).unwrap_or_default();
                String::from_utf8_lossy(body).chars().take(SHOWN_FAULT_CHARACTERS).collect()
            }
        };
        Ok(Answer { status: head.status, body })
    }

    fn receive(&mut self) -> Result<()> {
        let mut piece = [0; 16 * 1024];
        match self.stream.read(&mut piece).context("no answer")? {
            0 => bail!("the server closed the connection"),
            length => self.received.extend(piece.iter().take(length)),
        }
        Ok(())
    }
}

struct Head {
    status: u16,
    length: usize,
    body_length: usize,
}

impl Head {
    /// Nothing, while it isn't complete.
    fn parse(received: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(received)? else { return Ok(None) };
        let status = response.code.context("an answer without a status")?;
        let header =
            |name: &str| response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        let body_length = match (status, header("content-length")) {
            (204 | 304, _) => 0,
            (_, Some(header)) => std::str::from_utf8(header.value)?.trim().parse()?,
            (_, None) => bail!("an answer without content-length, which this driver can't read"),
        };
        Ok(Some(Self { status, length, body_length }))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers every request on every connection; `answer` gets the number of the request.
    fn serve(answer: fn(u64) -> &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                std::thread::spawn(move || {
                    let mut piece = [0; 1024];
                    for number in 0.. {
                        if stream.read(&mut piece).unwrap_or(0) == 0 {
                            return;
                        }
                        // In two pieces, as a real network would.
                        let (head, tail) = answer(number).split_at(20);
                        stream.write_all(head.as_bytes()).unwrap();
                        std::thread::yield_now();
                        stream.write_all(tail.as_bytes()).unwrap();
                    }
                });
            }
        });
        address
    }

    fn drive(address: SocketAddr, connections: u32, pace: Pace, repeat: Repeat) -> Measured {
        run(&Plan {
            address,
            process_id: std::process::id(),
            connections,
            pace,
            warm_up: Duration::from_millis(100),
            length: Duration::from_secs(1),
            requests: &[b"GET / HTTP/1.1\r\n\r\n".to_vec(), b"GET /b HTTP/1.1\r\n\r\n".to_vec()],
            repeat,
        })
        .unwrap()
    }

    #[test]
    fn a_constant_rate_is_kept() {
        let address = serve(|_| "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        let measured = drive(address, 4, Pace::PerSecond(200), Repeat::Forever);
        assert_eq!(measured.served, 200);
        measured.demand_all_served().unwrap();
    }

    #[test]
    fn a_stall_counts_against_every_request_that_was_due_in_it() {
        let address = serve(|number| {
            if number == 30 {
                std::thread::sleep(Duration::from_millis(400));
            }
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        });
        let measured = drive(address, 1, Pace::PerSecond(100), Repeat::Forever);
        let late = measured.latency_us.count_between(100_000, 60_000_000);
        // 40 requests were due during the stall; 30 of them waited for more than 100 ms.
        assert!(late >= 25, "only {late} of {} were late", measured.served);
    }

    #[test]
    fn refusals_are_not_served() {
        let address = serve(|_| "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy");
        let measured = drive(address, 2, Pace::PerSecond(100), Repeat::Forever);
        assert_eq!((measured.served, measured.refused), (0, 100));
        let error = measured.demand_all_served().unwrap_err().to_string();
        assert!(error.contains("status 503: busy"), "{error}");
    }

    #[test]
    fn a_closed_loop_sends_each_request_once() {
        let address = serve(|_| "HTTP/1.1 204 No Content\r\n\r\n");
        let mut plan_without_warm_up = Plan {
            address,
            process_id: std::process::id(),
            connections: 2,
            pace: Pace::AsFastAsAnswered,
            warm_up: Duration::ZERO,
            length: Duration::from_secs(5),
            requests: &vec![b"DELETE / HTTP/1.1\r\n\r\n".to_vec(); 25],
            repeat: Repeat::Never,
        };
        assert_eq!(run(&plan_without_warm_up).unwrap().served, 25);
        plan_without_warm_up.requests = &[];
        assert!(run(&plan_without_warm_up).is_err());
    }
}
