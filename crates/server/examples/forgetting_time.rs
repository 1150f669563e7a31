//! How long it takes to take whole people out of all models, in a shop with much in them, and how much memory each model has.
//!
//! `cargo run --release -p equipoise --example forgetting_time -- DATA_DIRECTORY REGISTER [people]`
//!
//! The time is the processor's, of the models alone: what the server does after the commit of an erasure. Answers to others are made in between, so that
//! the lists that are made from the models, and dropped with every forgetting, are there; what has come due in the background is
//! done in between, too. People of whom the models know nothing don't count.
//! Must never touch the store: the people are forgotten by the models in this process alone.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measuring program: it prints its figures and may stop at the first thing that goes wrong"
)]

use std::path::Path;
use std::time::Instant;

use equipoise::app::App;
use equipoise::operate::{Places, Progress, RegisterSource, StartOptions, open_app};
use equipoise::recommend::{Ask, Names, Who, recommend};
use privacy::subject::Subject;

/// Answers between two forgettings.
const ANSWERS: usize = 3;
const NOBODY: Names = Names { personalisation: None, analytics: None };

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, register, rest @ ..] = &arguments[..] else {
        println!("usage: forgetting_time DATA_DIRECTORY REGISTER [people]");
        std::process::exit(2);
    };
    let wanted: usize = rest.first().map_or(1_000, |word| word.parse().unwrap());
    let source = RegisterSource::File(register.into());
    let app =
        open_app(StartOptions::new(Places::new(Path::new(data), None), source, Progress::Hidden)).unwrap();
    let today = || models::recommend::popularity::Day(privacy::store::Day::of(app.now()).0);
    let began = Instant::now();
    app.engine.tend(today());
    println!("tended in {:.2} s", began.elapsed().as_secs_f64());
    let (people, _) = app.engine.people();
    let (looks, orders) = app.engine.size();
    println!("{people} people, {looks} looks, {orders} of them with orders");
    for (model, bytes) in app.engine.footprints() {
        println!("memory: {bytes} {model}");
    }
    let mut subjects: Vec<Subject> = Vec::new();
    app.store.read(|tx| tx.subjects(&mut |subject| subjects.push(subject))).unwrap();
    let step = (subjects.len() / wanted.max(1)).max(1);
    let (mut micros, mut clock) = (Vec::new(), Vec::new());
    let mut others = subjects.iter().skip(step / 2).step_by(step).cycle();
    for (number, subject) in subjects.iter().step_by(step).enumerate() {
        others.by_ref().take(ANSWERS).for_each(|other| answer(&app, *other));
        let vault = app.vault();
        let known = Names {
            personalisation: Some(vault.pseudonym(subject)),
            analytics: Some(vault.pseudonym(subject)),
        };
        let before = app.engine.people().0;
        let (began, cpu) = (Instant::now(), cpu_micros());
        app.engine.replace(known, NOBODY, &[]);
        let (took, worked) = (began.elapsed(), cpu_micros() - cpu);
        if app.engine.people().0 < before {
            micros.push(worked);
            clock.push(took.as_micros() as i64);
        }
        if number % 20 == 19 {
            app.engine.tend(today());
        }
    }
    let people = micros.len();
    let [at50, at90, at99] = quantiles(clock);
    println!("by the clock: p50 {at50:.3} ms, p90 {at90:.3} ms, p99 {at99:.3} ms");
    let [at50, at90, at99] = quantiles(micros);
    println!("figures: {people} people, p50 {at50:.3} ms, p90 {at90:.3} ms, p99 {at99:.3} ms");
    app.store.clone().close();
}

/// The 50th, 90th and 99th percentile in milliseconds.
fn quantiles(mut micros: Vec<i64>) -> [f64; 3] {
    micros.sort_unstable();
    [50, 90, 99].map(|share| micros[(micros.len() * share / 100).min(micros.len() - 1)] as f64 / 1000.0)
}

/// Time of the processor that this thread has taken so far, which other programs on the machine disturb less than the clock.
fn cpu_micros() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

fn answer(app: &App, subject: Subject) {
    let ask = Ask { placement: "home".to_owned(), count: Some(10), ..Ask::of(Who::Known(subject)) };
    let answer = recommend(app, &ask).unwrap();
    assert!(answer.items.len() <= 10);
}
