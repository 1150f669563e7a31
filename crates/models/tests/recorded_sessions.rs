//! The session model on recorded sessions of a shop: it must find about what the authors' own code finds.
//!
//! Must never fail for want of the recordings: without them it says so and passes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use models::evaluate::evaluate_sessions;
use models::recommend::session::{Params, SessionIndex, SessionKey, Visit};
use models::recommend::{ItemId, Scratch};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

fn shared() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    std::env::var_os("EQUIPOISE_SHARED").map_or_else(beside, PathBuf::from)
}

/// Session, item, time of every line.
fn read(path: &Path) -> Vec<(u64, ItemId, i64)> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let click = |line: &str| {
        let mut fields = line.split('\t').map(|field| field.parse::<f64>().unwrap());
        let mut next = || fields.next().unwrap();
        (next() as u64, ItemId(next() as u32), next() as i64)
    };
    text.lines().skip(1).map(click).collect()
}

#[test]
fn session_model_finds_what_the_reference_finds_and_forgets_exactly() {
    let folder = shared().join("data/sessions_bol");
    let (train, test) = (folder.join("train.tsv.gz"), folder.join("test.tsv.gz"));
    if !(train.exists() && test.exists()) {
        eprintln!("skipped: accuracy on recorded sessions needs ../shared/data/sessions_bol");
        return;
    }
    let train = read(&train);
    let mut index = SessionIndex::new();
    index.extend(train.iter().map(|&(session, item, time)| (SessionKey(session), item, time)));
    let mut sessions: BTreeMap<u64, Vec<(i64, ItemId)>> = BTreeMap::new();
    for (session, item, time) in read(&test) {
        sessions.entry(session).or_default().push((time, item));
    }
    let in_order = sessions.into_values().map(|mut clicks| {
        clicks.sort_by_key(|click| click.0);
        clicks.into_iter().map(|click| click.1).collect::<Vec<_>>()
    });
    let mut scratch = Scratch::new();
    let known = |item| index.sessions_with(item) > 0;
    let report = evaluate_sessions(in_order, known, 18_009, 20, |items, answer| {
        index.rank(&Visit { items, own: None }, &Params::vmis(21), &mut scratch, answer);
    });
    // The reference has .666, .340 and .465 (recall by click) on these files.
    assert!(report.hit_rate > 0.64 && report.reciprocal_rank > 0.32, "{report:?}");
    assert!(report.recall_by_click > 0.44, "{report:?}");

    // Every tenth session goes; the rest equals an index that never had it.
    let gone = |session: u64| session.is_multiple_of(10);
    let mut never = SessionIndex::new();
    never.extend(
        train
            .iter()
            .filter(|click| !gone(click.0))
            .map(|&(session, item, time)| (SessionKey(session), item, time)),
    );
    for (session, _, _) in train.iter().filter(|click| gone(click.0)) {
        index.forget_session(SessionKey(*session));
    }
    assert!(index.canonical() == never.canonical());
}
