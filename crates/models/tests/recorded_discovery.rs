//! EASE on a year of a gift shop's invoices: it must find what the literature's implementation finds, and more with the trend.
//!
//! Must never fail for want of the recordings: without them it says so and passes.

#[path = "../examples/evaluate_discovery/log.rs"]
mod log;

use log::{Asked, held, read, split, yesterday};
use models::evaluate::recall;
use models::recommend::affinity::CoCounts;
use models::recommend::ease::{Discovery, Ease};
use models::recommend::popularity::Day;
use models::recommend::trend::{Dials, Trend};
use models::recommend::{Scored, Scratch};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const WANTED: Discovery = Discovery { at_least: 1, count: 20 };

fn shared() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("EQUIPOISE_SHARED").map_or_else(beside, PathBuf::from)
}

/// Recall@20 over the customers with something new to find.
fn mean_recall(questions: &[Asked], mut answer: impl FnMut(&Asked) -> Vec<Scored>) -> f64 {
    let of_one = |asked: &Asked| {
        let list: Vec<_> = answer(asked).iter().map(Scored::item).collect();
        recall(&list, &asked.new, 20)
    };
    let recalls: Vec<f64> =
        questions.iter().filter(|asked| !asked.new.is_empty()).filter_map(of_one).collect();
    recalls.iter().sum::<f64>() / recalls.len() as f64
}

#[test]
fn discovery_finds_what_is_new_and_forgets_exactly() {
    let file = shared().join("data/online_retail.csv.gz");
    if !file.exists() {
        eprintln!("skipped: discovery on recorded invoices needs ../shared/data/online_retail.csv.gz");
        return;
    }
    let split = split(read(&file).unwrap());
    let mut scratch = Scratch::new();
    let ease = Ease::build(split.counts.clone(), 300.0).unwrap();
    let plain = mean_recall(&split.questions, |asked| ease.score(&held(asked, None), &WANTED, &mut scratch));
    assert!((plain - 0.1097).abs() < 0.0005, "plain EASE has .1097 by this convention, not {plain}");

    let mut ease = Ease::build(split.counts, 600.0).unwrap();
    let mut trends: HashMap<Day, Trend> = HashMap::new();
    let trended = mean_recall(&split.questions, |asked| {
        let day = yesterday(asked.now);
        let read = || Trend::at(&split.popularity, None, day, &Dials::standard()).unwrap();
        let trend = trends.entry(day).or_insert_with(read);
        ease.score_lifted(&held(asked, Some(120.0)), &WANTED, |item| trend.lift(item), &mut scratch)
    });
    assert!(trended > 0.14, "{trended}");

    // Every hundredth customer goes; the answers equal those of a model that never saw them.
    let mut never = CoCounts::new();
    for (number, row) in split.rows.iter().enumerate() {
        match number % 100 {
            0 => ease.forget(row).unwrap(),
            _ => never.learn(row),
        }
    }
    let never = Ease::build(never, 600.0).unwrap();
    assert_eq!(ease.counts(), never.counts());
    let compare = |ease: &Ease, scratch: &mut Scratch| {
        for asked in split.questions.iter().step_by(20) {
            let history = held(asked, None);
            let (after, never) =
                (ease.score(&history, &WANTED, scratch), never.score(&history, &WANTED, scratch));
            assert_eq!(after.len(), never.len());
            for (a, b) in after.iter().zip(&never) {
                assert!((a.score() - b.score()).abs() <= 1e-9 * b.score());
            }
        }
    };
    compare(&ease, &mut scratch);
    ease.fold();
    compare(&ease, &mut scratch);
    assert!(ease.drift(1) < 1e-10);
}
