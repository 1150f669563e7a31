//! How long a next basket, a new basket and a forgotten buyer take beside a million made-up lines of orders.
//!
//! Must never need a file: the baskets come from a seed.
#![allow(missing_docs, reason = "criterion's macro makes undocumented functions")]

use criterion::{Criterion, criterion_group, criterion_main};
use models::recommend::ItemId;
use models::recommend::baskets::{
    Ask, Basket, BasketIndex, BuyerKey, Decay, History, OrderKey, Params, Worksheet,
};
use std::hint::black_box;

const BUYERS: u64 = 20_000;
const BASKETS: u64 = 8;
const ITEMS: f64 = 12_000.0;

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): good enough for made-up baskets.
fn splitmix(state: u64) -> u64 {
    let z = state.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Popular items often, and every other line from a few that the buyer comes back for.
fn item(buyer: u64, line: u64) -> ItemId {
    let uniform = |seed: u64| (splitmix(seed) >> 11) as f64 / (1u64 << 53) as f64;
    let seed = buyer.wrapping_mul(1_000_003);
    let seed = if line.is_multiple_of(2) { seed ^ (splitmix(seed ^ line) % 6) } else { seed ^ (line << 8) };
    ItemId((uniform(seed).powi(3) * ITEMS) as u32)
}

fn basket(buyer: u64, place: u64) -> Basket {
    let time = (splitmix(buyer) % 200 + place * 20) as i64 * 86_400;
    Basket { time, order: OrderKey(place), items: (0..6).map(|line| item(buyer, place * 6 + line)).collect() }
}

fn history(buyer: u64) -> History {
    History::new((0..BASKETS).map(|place| basket(buyer, place)).collect())
}

fn index() -> BasketIndex {
    let mut index = BasketIndex::new(Decay::standard());
    (0..BUYERS).for_each(|buyer| index.replace(BuyerKey(buyer), history(buyer)));
    index
}

fn baskets(bench: &mut Criterion) {
    let mut index = index();
    let mut sheet = Worksheet::new();
    let histories: Vec<History> = (0..1_000).map(|turn| history(turn * 17)).collect();
    let now = 400 * 86_400;
    for (name, reads) in [("whole", 1_000_000), ("at most 20,000 reads", 20_000)] {
        let params = Params { reads, ..Params::standard(20) };
        let mut turn = histories.iter().cycle();
        bench.bench_function(&format!("next basket with reasons, {name}"), |bench| {
            bench.iter(|| {
                let ask = turn.next().map(|history| Ask { history, own: None, now });
                black_box(ask.map(|ask| index.score(&ask, &params, &mut sheet)))
            });
        });
    }
    let mut next = 0;
    bench.bench_function("learn a basket", |bench| {
        bench.iter(|| {
            next += 1;
            index.learn(BuyerKey(next % BUYERS), basket(next % BUYERS, 100 + next / BUYERS));
        });
    });
    let mut gone = BUYERS;
    bench.bench_function("learn and forget a buyer of 48 lines", |bench| {
        bench.iter(|| {
            gone += 1;
            index.replace(BuyerKey(gone), history(gone % BUYERS));
            black_box(index.forget(BuyerKey(gone)))
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = baskets
}
criterion_main!(benches);
