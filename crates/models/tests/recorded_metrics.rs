//! Every metric against another program's figures: the same simple answers to the same recorded questions, reckoned in
//! Python from the definitions (Gini by the area under the Lorenz curve), must give the same numbers.
//!
//! Must never fail for want of the recordings: without them it says so and passes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use models::evaluate::{Exposure, every_prefix, mark_basket, mark_next, novelty, precision};
use models::recommend::ItemId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};

fn shared() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("EQUIPOISE_SHARED").map_or_else(beside, PathBuf::from)
}

fn text(path: &Path) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// The items of each session in order of time, by the session's number.
fn sessions(path: &Path) -> BTreeMap<u64, Vec<ItemId>> {
    let mut sessions: BTreeMap<u64, Vec<(i64, usize, ItemId)>> = BTreeMap::new();
    for (at, line) in text(path).lines().skip(1).enumerate() {
        let mut fields = line.split('\t').map(|field| field.parse::<f64>().unwrap());
        let mut next = || fields.next().unwrap();
        let (session, item, time) = (next() as u64, ItemId(next() as u32), next() as i64);
        sessions.entry(session).or_default().push((time, at, item));
    }
    let in_order = |mut clicks: Vec<(i64, usize, ItemId)>| {
        clicks.sort_unstable();
        clicks.into_iter().map(|click| click.2).collect()
    };
    sessions.into_iter().map(|(session, clicks)| (session, in_order(clicks))).collect()
}

/// The keys by count, most first, then by number; at most `count`.
fn most<'c>(counts: impl IntoIterator<Item = (&'c ItemId, &'c u64)>, count: usize) -> Vec<ItemId> {
    let mut items: Vec<(&ItemId, &u64)> = counts.into_iter().collect();
    items.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    items.into_iter().take(count).map(|(item, _)| *item).collect()
}

fn close(name: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{name}: {found} where the other program has {expected}");
}

#[test]
fn metrics_of_visits_agree_with_another_program() {
    let folder = shared().join("data/sessions_bol");
    if !folder.join("test.tsv.gz").exists() {
        eprintln!("skipped: metrics on recorded sessions need ../shared/data/sessions_bol");
        return;
    }
    let train = sessions(&folder.join("train.tsv.gz"));
    let mut holders: HashMap<ItemId, u64> = HashMap::new();
    let mut follows: HashMap<ItemId, HashMap<ItemId, u64>> = HashMap::new();
    for items in train.values() {
        let distinct: BTreeSet<&ItemId> = items.iter().collect();
        distinct.into_iter().for_each(|item| *holders.entry(*item).or_default() += 1);
        for (before, after) in items.iter().zip(items.iter().skip(1)) {
            *follows.entry(*before).or_default().entry(*after).or_default() += 1;
        }
    }
    let (mut sums, mut asked, mut bits, mut lists) = ([0.0; 6], 0.0, 0.0, 0.0);
    let mut exposure = Exposure::new(20);
    for items in sessions(&folder.join("test.tsv.gz")).values().take(500) {
        let known: Vec<ItemId> = items.iter().copied().filter(|item| holders.contains_key(item)).collect();
        for (seen, rest) in every_prefix(&known) {
            let current = *seen.last().unwrap();
            let after = follows.get(&current).into_iter().flatten().filter(|(item, _)| **item != current);
            let answer = most(after, 20);
            let marks = mark_next(&answer, rest, 20).unwrap();
            let precise = precision(&answer, rest, 20).unwrap();
            let found =
                [marks.hit, marks.reciprocal_rank, marks.recall, marks.recall_by_click, marks.ndcg, precise];
            sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
            asked += 1.0;
            exposure.add(&answer);
            if let Some(found) = novelty(&answer, 20, train.len() as u64, |item| holders[&item]) {
                bits += found;
                lists += 1.0;
            }
        }
    }
    assert_eq!((asked, lists), (931.0, 909.0));
    let [hit, rank, recall, by_click, ndcg, precise] = sums.map(|sum| sum / asked);
    close("HR@20", hit, 0.385_606_874_328_678_85);
    close("MRR@20", rank, 0.245_369_203_882_969_5);
    close("Recall@20", recall, 0.281_103_784_030_744_4);
    close("Recall@20 by click", by_click, 0.250_611_110_701_967_7);
    close("NDCG@20", ndcg, 0.248_921_223_823_76);
    close("Precision@20", precise, 0.036_573_576_799_140_82);
    close("coverage", exposure.coverage(holders.len()).unwrap(), 0.147_315_231_273_252_27);
    close("Gini", exposure.gini(holders.len()).unwrap(), 0.906_148_130_804_989);
    close("novelty", bits / lists, 12.033_581_837_761_247);
}

#[test]
fn metrics_of_baskets_agree_with_another_program() {
    let folder = shared().join("data/baskets_tafeng");
    if !folder.join("future.json.gz").exists() {
        eprintln!("skipped: metrics on recorded baskets need ../shared/data/baskets_tafeng");
        return;
    }
    type Customers = HashMap<String, Vec<Vec<i64>>>;
    let read = |name: &str| -> Customers { serde_json::from_str(&text(&folder.join(name))).unwrap() };
    let (history, future) = (read("history.json.gz"), read("future.json.gz"));
    let items = |baskets: &[Vec<i64>]| -> Vec<ItemId> {
        baskets.iter().flatten().filter(|item| **item >= 0).map(|item| ItemId(*item as u32)).collect()
    };
    let known: BTreeSet<ItemId> = history.values().flat_map(|baskets| items(baskets)).collect();
    let mut customers: Vec<u64> = future.keys().map(|customer| customer.parse().unwrap()).collect();
    customers.sort_unstable();
    let (mut sums, mut asked) = ([0.0; 5], 0.0);
    for customer in customers.iter().take(1000).map(u64::to_string) {
        let mut counts: HashMap<ItemId, u64> = HashMap::new();
        let past = history.get(&customer).map(|baskets| items(baskets)).unwrap_or_default();
        past.into_iter().for_each(|item| *counts.entry(item).or_default() += 1);
        let next = future[&customer].iter().find(|basket| **basket != [-1]).unwrap();
        let next: Vec<ItemId> =
            items(std::slice::from_ref(next)).into_iter().filter(|item| known.contains(item)).collect();
        let answer = most(&counts, 10);
        let Some(marks) = mark_basket(&answer, &next, 10).filter(|_| !counts.is_empty()) else { continue };
        let found = [
            marks.hit,
            marks.reciprocal_rank,
            marks.recall,
            marks.ndcg,
            precision(&answer, &next, 10).unwrap(),
        ];
        sums.iter_mut().zip(found).for_each(|(sum, found)| *sum += found);
        asked += 1.0;
    }
    assert_eq!(asked, 1000.0);
    let [hit, rank, recall, ndcg, precise] = sums.map(|sum| sum / asked);
    close("HR@10", hit, 0.421);
    close("MRR@10", rank, 0.228_928_571_428_571_4);
    close("Recall@10", recall, 0.139_638_407_370_329);
    close("NDCG@10", ndcg, 0.130_597_864_815_647_1);
    close("Precision@10", precise, 0.0667);
}
