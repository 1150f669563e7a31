//! How long EASE takes to build, answer, learn, forget and fold with 4,000 items, and iALS to answer with 40,000.
//!
//! Must never need a file: everything comes from a seed.
#![allow(missing_docs, reason = "criterion's macro makes undocumented functions")]
#![allow(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]
#![allow(clippy::print_stdout, reason = "drift is reported beside the times")]

use criterion::{Criterion, criterion_group, criterion_main};
use models::recommend::affinity::{CoCounts, Held};
use models::recommend::ease::{Discovery, Ease};
use models::recommend::ials::{Dials, Ials};
use models::recommend::{ItemId, Scratch};
use std::hint::black_box;
use std::time::{Duration, Instant};

const PEOPLE: u32 = 5_000;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) over two numbers: good enough for made-up people. 0 ≤ result < 1.
fn uniform(a: u32, b: u32) -> f64 {
    let z = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// What a person has: some like the first items, a tenth of the rest is from anywhere. Items are distinct.
fn row(person: u32, length: u32, items: u32) -> Vec<ItemId> {
    let centre = uniform(person, 0);
    let item = |purchase: u32| {
        let width = if purchase.is_multiple_of(10) { 1.0 } else { 0.1 };
        let place = (centre + width * uniform(person, purchase).powi(2)).fract().powi(2);
        ItemId((place * f64::from(items)) as u32)
    };
    let mut row: Vec<ItemId> = (1..=length).map(item).collect();
    row.sort_unstable();
    row.dedup();
    row
}

fn held(row: &[ItemId]) -> Vec<Held> {
    row.iter().map(|item| Held { item: *item, weight: 1.0 }).collect()
}

fn ease(bench: &mut Criterion) {
    let mut counts = CoCounts::new();
    let all: Vec<Vec<ItemId>> = (0..PEOPLE).map(|person| row(person, 80, 4_000)).collect();
    all.iter().for_each(|row| counts.learn(row));
    let mut group = bench.benchmark_group("ease, 4,000 items");
    group.bench_function("build from counts", |bench| {
        bench.iter(|| Ease::build(counts.clone(), 600.0).unwrap());
    });

    let mut ease = Ease::build(counts, 600.0).unwrap();
    let (mut scratch, wanted) = (Scratch::new(), Discovery { at_least: 1, count: 20 });
    let mut person = PEOPLE;
    for (length, pending) in [(10, 0), (60, 0), (60, 32)] {
        while ease.pending() < pending {
            ease.learn(&row(ease.pending() as u32, 60, 4_000)).unwrap();
        }
        group.bench_function(format!("20 best, history of {length}, {pending} changes pending"), |bench| {
            bench.iter(|| {
                person += 1;
                black_box(ease.score(&held(&row(person, length, 4_000)), &wanted, &mut scratch))
            });
        });
    }
    ease.fold();
    for length in [20, 60, 1_000] {
        let mut time = |name: &str, timed: &mut dyn FnMut(&mut Ease, &[ItemId]) -> Duration| {
            group.bench_function(format!("{name} a person of {length}"), |bench| {
                bench.iter_custom(|times| {
                    let mut spent = Duration::ZERO;
                    for _ in 0..times {
                        person += 1;
                        spent += timed(&mut ease, &row(person, length, 4_000));
                        if ease.pending() >= 32 {
                            ease.fold();
                        }
                    }
                    spent
                });
            });
        };
        time("learn", &mut |ease, row| {
            let start = Instant::now();
            ease.learn(row).unwrap();
            let spent = start.elapsed();
            ease.forget(row).unwrap();
            spent
        });
        time("forget", &mut |ease, row| {
            ease.learn(row).unwrap();
            let start = Instant::now();
            ease.forget(row).unwrap();
            start.elapsed()
        });
    }
    group.bench_function("fold 32 changes", |bench| {
        bench.iter_custom(|times| {
            let mut spent = Duration::ZERO;
            for _ in 0..times {
                for person in 0..16 {
                    ease.learn(&row(person, 60, 4_000)).unwrap();
                    ease.forget(&row(person, 60, 4_000)).unwrap();
                }
                let start = Instant::now();
                ease.fold();
                spent += start.elapsed();
            }
            spent
        });
    });
    println!("drift after all this: {:.1e}", ease.drift(1));
    group.finish();
}

fn ials(bench: &mut Criterion) {
    let all: Vec<Vec<ItemId>> = (0..PEOPLE).map(|person| row(person, 80, 40_000)).collect();
    let mut group = bench.benchmark_group("ials, 64 factors");
    let one = Dials { sweeps: 1, ..Dials::standard() };
    group.bench_function("a sweep over 5,000 rows of 80, 40,000 items", |bench| {
        bench.iter(|| Ials::fit(&all, one).unwrap());
    });
    let (model, _) = Ials::fit(&all, one).unwrap();
    let (mut scratch, mut person) = (Scratch::new(), PEOPLE);
    group.bench_function("20 best of 40,000, history of 60", |bench| {
        bench.iter(|| {
            person += 1;
            black_box(model.score(&held(&row(person, 60, 40_000)), 20, &mut scratch))
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2));
    targets = ease, ials
}
criterion_main!(benches);
