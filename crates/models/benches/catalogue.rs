//! How long affinity, likeness and popularity take on a made-up catalogue of 40,000 items.
//!
//! Must never need a file: everything comes from a seed.
#![allow(missing_docs, reason = "criterion's macro makes undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use criterion::{Criterion, criterion_group, criterion_main};
use models::recommend::affinity::{Affinity, CoCounts, Held};
use models::recommend::content::{ContentIndex, Entry, Kind, Seed, Weights};
use models::recommend::popularity::{Day, Popularity, Question, Unit};
use models::recommend::{ItemId, Scratch};
use std::hint::black_box;

const ITEMS: u32 = 40_000;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over two numbers: good enough for made-up baskets. 0 ≤ result < 1.
fn uniform(a: u32, b: u32) -> f64 {
    let z = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

fn item(person: u32, purchase: u32) -> ItemId {
    let centre = uniform(person, 0).powi(2) * f64::from(ITEMS - 400);
    ItemId((centre + uniform(person, purchase + 1).powi(2) * 400.0) as u32)
}

fn entry(item: u32) -> Entry {
    let pick = |salt: u32, among: f64| (uniform(item, salt).powi(2) * among) as u32;
    let words: Vec<String> = (10..30).map(|salt| format!("word{}", pick(salt, 5_000.0))).collect();
    Entry {
        item: ItemId(item),
        kind: if item.is_multiple_of(10) { Kind::Article } else { Kind::Product },
        category: vec![pick(1, 10.0), pick(2, 10.0), pick(3, 10.0)],
        brand: Some(pick(4, 300.0)),
        tags: vec![pick(5, 200.0), pick(6, 200.0), pick(7, 200.0)],
        text: words.join(" "),
        price_minor: Some(i64::from(100 + pick(8, 100_000.0))),
    }
}

fn catalogue(bench: &mut Criterion) {
    let mut scratch = Scratch::new();
    let mut counts = CoCounts::new();
    for person in 0..60_000 {
        counts.learn(&(0..12).map(|purchase| item(person, purchase)).collect::<Vec<_>>());
    }
    let params = Affinity { shrinkage: 5.0, at_least: 2, count: 20 };
    let mut person = 60_000;
    bench.bench_function("affinity, 40,000 items, history of 30", |bench| {
        bench.iter(|| {
            person += 1;
            let held = |purchase| Held { item: item(person, purchase), weight: 1.0 };
            let history: Vec<Held> = (0..30).map(held).collect();
            black_box(counts.score(&history, &params, &mut scratch))
        });
    });

    let entries: Vec<Entry> = (0..ITEMS).map(entry).collect();
    let index = ContentIndex::build(&entries, &Weights::balanced()).unwrap();
    let mut seed = 0;
    for (name, kind) in [("product", Kind::Product), ("article", Kind::Article)] {
        bench.bench_function(&format!("likeness, 40,000 items, one seed, {name}"), |bench| {
            bench.iter(|| {
                seed = (seed + 7) % ITEMS;
                black_box(index.alike(&[Seed { item: ItemId(seed), weight: 1.0 }], kind, 20, &mut scratch))
            });
        });
    }

    let mut popular = Popularity::new();
    for unit in 0..300_000 {
        popular.learn(Unit { context: None, item: item(unit, 0), day: Day((unit % 90) as i32) });
    }
    let question = Question {
        context: None,
        today: Day(89),
        window_days: 30,
        half_life_days: 7.0,
        at_least: 5,
        count: 20,
    };
    bench.bench_function("popularity, 300,000 units over 90 days", |bench| {
        bench.iter(|| black_box(popular.score(&question)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = catalogue
}
criterion_main!(benches);
