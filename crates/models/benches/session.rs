//! How long a session query, a click and a forgotten session take on a million made-up clicks.
//!
//! Must never need a file: the clicks come from a seed.
#![allow(missing_docs, reason = "criterion's macro makes undocumented functions")]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use models::recommend::session::{Params, SessionIndex, SessionKey, Visit};
use models::recommend::visits::{VisitBuffers, VisitParams, Visits};
use models::recommend::{ItemId, Scratch};
use std::hint::black_box;

const CLICKS: u64 = 1_000_000;
const ITEMS: f64 = 20_000.0;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): good enough for made-up clicks.
fn splitmix(state: u64) -> u64 {
    let z = state.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// An item of session `session`: popular ones often, and sessions keep to a neighbourhood of the catalogue.
fn item(session: u64, click: u64) -> ItemId {
    let uniform = |seed: u64| (splitmix(seed) >> 11) as f64 / (1u64 << 53) as f64;
    let centre = uniform(session).powi(3) * ITEMS;
    let stray = uniform(session.wrapping_mul(1_000_003) ^ click).powi(2) * 40.0;
    ItemId((centre + stray) as u32)
}

fn index() -> SessionIndex {
    let mut index = SessionIndex::new();
    index.extend((0..CLICKS).map(|click| (SessionKey(click / 5), item(click / 5, click), click as i64)));
    index
}

/// Both models: the first step of the blend alone, the whole answer, and a click, learned and forgotten.
fn visits(bench: &mut Criterion) {
    let mut visits = Visits::new();
    visits.extend((0..CLICKS).map(|click| (SessionKey(click / 5), item(click / 5, click), click as i64)));
    let (mut buffers, mut scratch) = (VisitBuffers::default(), Scratch::new());
    let asked: Vec<Vec<ItemId>> =
        (0..1_000).map(|v| (0..1 + v % 6).map(|click| item(CLICKS + v, click)).collect()).collect();
    let mut turn = asked.iter().cycle();
    let params = VisitParams::standard(21);
    bench.bench_function("blend, 21 answers with reasons", |bench| {
        bench.iter(|| {
            let items = turn.next().map_or(&[][..], Vec::as_slice);
            black_box(visits.score(&Visit { items, own: None }, &params, &mut buffers, &mut scratch))
        });
    });
    bench.bench_function("item to item, 21 answers with reasons", |bench| {
        bench.iter(|| {
            let items = turn.next().map_or(&[][..], Vec::as_slice);
            black_box(visits.pairs().score(items, &params.pairs, &mut scratch))
        });
    });
    let mut now = CLICKS;
    bench.bench_function("learn and forget a click in both models", |bench| {
        bench.iter(|| {
            now += 1;
            let key = SessionKey(now / 5);
            visits.learn(key, item(key.0, now), now as i64);
            black_box(visits.forget_click(key, item(key.0, now), now as i64))
        });
    });
}

fn session(bench: &mut Criterion) {
    let mut index = index();
    let mut scratch = Scratch::new();
    let visits: Vec<Vec<ItemId>> =
        (0..1_000).map(|v| (0..1 + v % 6).map(|click| item(CLICKS + v, click)).collect()).collect();
    let mut turn = visits.iter().cycle();
    for (name, params) in [("VMIS-kNN", Params::vmis(21)), ("refined", Params::standard(21))] {
        bench.bench_function(&format!("query, {name}"), |bench| {
            bench.iter(|| {
                let items = turn.next().map_or(&[][..], Vec::as_slice);
                black_box(index.score(&Visit { items, own: None }, &params, &mut scratch))
            });
        });
    }
    let mut now = CLICKS;
    bench.bench_function("learn a click", |bench| {
        bench.iter(|| {
            now += 1;
            index.learn(SessionKey(now / 5), item(now / 5, now), now as i64);
        });
    });
    let mut gone = 0;
    bench.bench_function("learn and forget an old session", |bench| {
        bench.iter_batched(
            || {
                gone += 1;
                SessionKey(u64::MAX - gone)
            },
            |key| {
                for click in 0..5 {
                    index.learn(key, item(key.0, click), ((u64::MAX - key.0) * 7 % CLICKS) as i64);
                }
                black_box(index.forget_session(key))
            },
            BatchSize::SmallInput,
        );
    });
}

/// Both models from nothing.
fn build(bench: &mut Criterion) {
    let clicks: Vec<_> =
        (0..CLICKS).map(|click| (SessionKey(click / 5), item(click / 5, click), click as i64)).collect();
    bench.bench_function("build both models from a million clicks", |bench| {
        bench.iter(|| {
            let mut visits = Visits::new();
            visits.extend(clicks.iter().copied());
            black_box(visits.pairs().pairs())
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = session, visits, build
}
criterion_main!(benches);
