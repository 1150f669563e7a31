//! Running an import: units of a file into writes of some hundred lines, each with its progress, some on their way at
//! once. Must never say that a line is in before its write is durable.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use privacy::audit::{Author, Entry};
use privacy::entropy::Entropy;
use privacy::purpose::LegalBasis;
use privacy::register::Register;
use privacy::store::{RightsTx as _, StoreError};
use store::{Item, ItemKind, Pending, Progress, Store, Write, WriteTx};

use super::arguments::{Format, ImportArgs};
use super::basis::{Basis, BasisError};
use super::error::ImportError;
use super::rejects::{self, Begun, Rejects};
use super::source::Source;
use super::statement::Statement;
use super::{Bad, Unit, events, online_retail, sessions};
use crate::consent::Authority;
use crate::intake::moment::Arrival;
use crate::intake::outcome::Outcome;
use crate::intake::segment::Event;
use crate::intake::take::{Means, TakeError, take};
use crate::recommend::{CatalogueItem, Engine};

/// Lines of one write.
const LINES_A_WRITE: u64 = 500;
/// Writes on their way at once.
const IN_FLIGHT: usize = 4;
/// How many bad lines are shown.
const SHOWN: u64 = 10;

/// What an import needs.
pub struct Import<'a> {
    /// Where it goes.
    pub store: &'a Store,
    /// What learns from it.
    pub engine: &'a Engine,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Now.
    pub now: Timestamp,
}

/// What happens while an import runs.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    /// How large the file is.
    Size {
        /// Bytes, packed.
        bytes: u64,
    },
    /// How far it has come.
    At {
        /// Bytes, packed.
        bytes: u64,
        /// Lines.
        lines: u64,
    },
    /// It goes on where an earlier one stopped.
    Resumed {
        /// After so many lines.
        lines: u64,
    },
    /// One of the first lines that can't be read.
    Rejected {
        /// Its number; the first is 1.
        line: u64,
        /// What is wrong with it.
        reason: &'a str,
        /// What to do.
        mend: &'a str,
    },
}

/// What an import did, earlier parts of it included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Lines read.
    pub lines: u64,
    /// Orders, views or events stored.
    pub stored: u64,
    /// Those that were there already.
    pub duplicate: u64,
    /// Those that may not be stored.
    pub refused: u64,
    /// The reasons, in this run.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Lines that can't be read.
    pub rejected: u64,
    /// Where those are.
    pub rejects: PathBuf,
    /// Lines without a customer, in this run.
    pub without_customer: u64,
    /// Products new to the catalogue, in this run.
    pub products: u64,
    /// Whether the whole file had been imported before.
    pub was_done: bool,
    /// What the operator should know or do.
    pub advice: Option<&'static str>,
}

/// What goes into one write.
struct Batch {
    lines: u64,
    bytes: u64,
    done: bool,
    rejected: u64,
    events: Vec<Result<Event, &'static str>>,
    items: Vec<Item>,
}

impl Import<'_> {
    /// Imports a file; `news` hears of its progress.
    ///
    /// # Errors
    /// [`ImportError`]; what was stored till then stays, and the same call goes on from there.
    pub fn run(&self, args: &ImportArgs, news: &mut dyn FnMut(News<'_>)) -> Result<Report, ImportError> {
        let register = Arc::clone(&self.store.law().register);
        let basis = Basis::check(args.basis, &args.purposes, args.evidence.as_deref(), &register)?;
        if args.format == Format::Segment && basis.is_some() {
            return Err(BasisError::Needless.into());
        }
        let currency = currency(args, &register)?;
        let in_file = |error| ImportError::File(args.file.clone(), error);
        let source =
            Source::open(&args.file).map_err(|error| ImportError::Unopened(args.file.clone(), error))?;
        let key = source.key(&args.file, &way(args));
        news(News::Size { bytes: source.length });
        let before = self.store.read(|tx| tx.progress(&key))?;
        let mut report = Report::begun(before, args, basis.as_ref());
        if report.was_done {
            return Ok(report);
        }
        match before {
            Some(progress) => news(News::Resumed { lines: progress.lines }),
            None => self.state(basis.as_ref())?,
        }
        let statement = Statement::new(basis.as_ref(), &register);
        let Source { reader, read, .. } = source;
        let arrival = Arrival::Recorded(self.now);
        let units: Box<dyn Iterator<Item = io::Result<Unit>> + '_> = match args.format {
            Format::OnlineRetail => Box::new(
                online_retail::invoices(reader, &statement, currency)
                    .map_err(|why| ImportError::Form(args.file.clone(), args.format.as_str(), why))?,
            ),
            Format::Sessions => Box::new(sessions::units(reader, &statement)),
            Format::Segment => Box::new(events::units(reader, arrival, &register)),
        };
        let begun = if before.is_some() { Begun::Resumed } else { Begun::Afresh };
        let mut rejects = Rejects::beside(&args.file, args.rejects.as_deref(), begun);
        let written =
            rejects.prepare().map_err(|error| ImportError::Rejects(rejects.path().to_path_buf(), error))?;
        let mut running = Running {
            import: self,
            key,
            rejects,
            written,
            readable: before.map_or(0, |progress| progress.stored + progress.refused + progress.duplicate),
            known: self.store.read(|tx| tx.items())?.into_iter().map(|item| item.id).collect(),
            pending: VecDeque::new(),
            batch: Batch::new(),
            report: &mut report,
            news,
        };
        let skip = before.map_or(0, |progress| progress.lines);
        for unit in units {
            let unit = unit.map_err(in_file)?;
            if unit.lines <= skip {
                continue;
            }
            running.add(unit, read.load(Ordering::Relaxed))?;
        }
        if running.readable == 0 && running.report.rejected > 0 {
            let rejects = running.rejects.path().to_path_buf();
            return Err(ImportError::NothingReadable(args.file.clone(), args.format.as_str(), rejects));
        }
        running.finish(read.load(Ordering::Relaxed))?;
        Ok(report)
    }

    /// Writes down, once, where the consent is recorded that the operator relies on.
    fn state(&self, basis: Option<&Basis>) -> Result<(), ImportError> {
        let Some(Basis { evidence: Some(evidence), purposes, basis: _ }) = basis else { return Ok(()) };
        let names: Vec<String> = purposes.iter().map(ToString::to_string).collect();
        let entry = Entry {
            seq: 0,
            at: self.now,
            action: "import.evidence".to_owned(),
            author: author(),
            task: None,
            purpose: Some(names.join(" ")),
            kind: None,
            subject: None,
            count: 0,
            bundle: None,
            detail: Some(evidence.clone()),
        };
        let what = Write { name: "import.evidence", author: author(), at: self.now };
        let written: Pending<u64, StoreError> = self.store.write(what, move |tx| tx.record(entry));
        written.wait()?;
        Ok(())
    }
}

struct Running<'r, 'n> {
    import: &'r Import<'r>,
    key: String,
    rejects: Rejects,
    /// The lines that an earlier run has written there.
    written: HashSet<u64>,
    /// How many things could be read.
    readable: u64,
    /// Products in the catalogue.
    known: HashSet<String>,
    pending: VecDeque<(Pending<Outcome, TakeError>, u64, u64)>,
    batch: Batch,
    report: &'r mut Report,
    news: &'n mut dyn FnMut(News<'_>),
}

impl Running<'_, '_> {
    fn add(&mut self, unit: Unit, bytes: u64) -> Result<(), ImportError> {
        let Unit { lines, events, products, without_customer, bad } = unit;
        if let Some(bad) = bad {
            self.reject(&bad)?;
        }
        self.report.without_customer += without_customer;
        self.readable += without_customer + events.len() as u64;
        for (id, name) in products {
            if self.known.insert(id.clone())
                && let Some(item) = product(id, name, self.import.now)
            {
                self.report.products += 1;
                self.batch.items.push(item);
            }
        }
        self.batch.events.extend(events);
        let begun = self.report.lines;
        self.batch.lines = lines;
        self.batch.bytes = bytes;
        if lines.saturating_sub(begun) >= LINES_A_WRITE {
            self.send()?;
        }
        Ok(())
    }

    fn reject(&mut self, bad: &Bad) -> Result<(), ImportError> {
        self.batch.rejected += 1;
        self.report.rejected += 1;
        if !self.written.contains(&bad.line) {
            let path = self.rejects.path().to_path_buf();
            self.rejects.append(bad).map_err(|error| ImportError::Rejects(path, error))?;
        }
        if self.report.rejected <= SHOWN {
            (self.news)(News::Rejected { line: bad.line, reason: &bad.reason, mend: bad.mend });
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), ImportError> {
        let batch = std::mem::replace(&mut self.batch, Batch::new());
        let (lines, bytes) = (batch.lines, batch.bytes);
        self.report.lines = lines;
        let Import { store, engine, entropy, now } = self.import;
        let means = Means {
            vault: Arc::clone(store.vault()),
            entropy: Arc::clone(entropy),
            engine: (*engine).clone(),
            authority: Authority::Operator,
            now: *now,
        };
        let key = self.key.clone();
        let what = Write { name: "import.store", author: author(), at: *now };
        let pending = store.write(what, move |tx| batch.store(tx, &means, &key));
        self.pending.push_back((pending, lines, bytes));
        while self.pending.len() > IN_FLIGHT {
            self.settle()?;
        }
        Ok(())
    }

    /// Waits for the oldest write.
    fn settle(&mut self) -> Result<(), ImportError> {
        let Some((pending, lines, bytes)) = self.pending.pop_front() else { return Ok(()) };
        let outcome = pending.wait()?;
        self.report.stored += outcome.stored;
        self.report.duplicate += outcome.duplicate;
        self.report.refused += outcome.refused_total();
        for (reason, count) in outcome.refused {
            *self.report.reasons.entry(reason).or_default() += count;
        }
        (self.news)(News::At { bytes, lines });
        Ok(())
    }

    fn finish(mut self, bytes: u64) -> Result<(), ImportError> {
        self.batch.done = true;
        self.batch.bytes = bytes;
        self.batch.lines = self.batch.lines.max(self.report.lines);
        self.send()?;
        while !self.pending.is_empty() {
            self.settle()?;
        }
        Ok(())
    }
}

impl Batch {
    const fn new() -> Self {
        Self { lines: 0, bytes: 0, done: false, rejected: 0, events: Vec::new(), items: Vec::new() }
    }

    /// Rows, products and progress, in one transaction.
    fn store(self, tx: &WriteTx<'_>, means: &Means, key: &str) -> Result<Outcome, TakeError> {
        let Self { lines, bytes, done, rejected, events, items } = self;
        for item in &items {
            tx.put_item(item)?;
        }
        let outcome = take(tx, means, events)?;
        let before = tx.progress(key)?;
        let sum = |of: fn(&Progress) -> u64, more: u64| before.as_ref().map_or(0, of) + more;
        let progress = Progress {
            lines,
            bytes,
            done,
            stored: sum(|p| p.stored, outcome.stored),
            refused: sum(|p| p.refused, outcome.refused_total()),
            rejected: sum(|p| p.rejected, rejected),
            duplicate: sum(|p| p.duplicate, outcome.duplicate),
        };
        tx.set_progress(key, &progress)?;
        Ok(outcome)
    }
}

impl Report {
    fn begun(before: Option<Progress>, args: &ImportArgs, basis: Option<&Basis>) -> Self {
        let no_basis = basis.is_none() && args.format != Format::Segment;
        let figure = |of: fn(&Progress) -> u64| before.as_ref().map_or(0, of);
        Self {
            lines: figure(|p| p.lines),
            stored: figure(|p| p.stored),
            duplicate: figure(|p| p.duplicate),
            refused: figure(|p| p.refused),
            reasons: BTreeMap::new(),
            rejected: figure(|p| p.rejected),
            rejects: rejects::path(&args.file, args.rejects.as_deref()),
            without_customer: 0,
            products: 0,
            was_done: before.is_some_and(|progress| progress.done),
            advice: no_basis.then_some(
                "nothing about any person was stored: this file says nothing of consent. Say on what legal basis you hold it and what for, as in `--basis contract --purpose service`",
            ),
        }
    }
}

fn author() -> Author {
    Author::Machine { part: "import".to_owned() }
}

/// What makes two imports of one file different ones.
fn way(args: &ImportArgs) -> String {
    let purposes: Vec<String> = args.purposes.iter().map(ToString::to_string).collect();
    let basis = args.basis.map_or("", LegalBasis::as_str);
    format!("{} {basis} {}", args.format.as_str(), purposes.join(" "))
}

fn currency(args: &ImportArgs, register: &Register) -> Result<String, ImportError> {
    let Some(stated) = &args.currency else { return Ok(register.shop.currency.clone()) };
    let code = stated.trim().to_ascii_uppercase();
    if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err(ImportError::Currency(stated.clone()))
    }
}

/// A product of which the file says no more than its name.
fn product(id: String, name: String, now: Timestamp) -> Option<Item> {
    // The log doesn't say what lasts; its shop sells to wholesalers, who order the same again.
    let item = CatalogueItem::named(&id, &name);
    let json = serde_json::to_string(&item).ok()?;
    Some(Item { id, kind: ItemKind::Product, json, updated_at: now })
}
