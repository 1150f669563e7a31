//! Tests of the check of a log: every way of tampering, hidden as well as may be.
//! Must never stop at one way of hiding.

use proptest::prelude::*;

use super::{
    super::{
        entry::tests::sample,
        head::{Head, sign_head},
        restore::{KeysAtRestore, Restore, restore_hash, sign_restore},
        signature::SigningKey,
    },
    *,
};

const ORIGIN: &str = "tui.example/audit";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, [5; 32].into()).unwrap()
}

fn row(seq: u64, entry: Entry) -> Row {
    let entry = entry.encode().unwrap();
    Row { seq, leaf: leaf_hash(&entry), entry }
}

fn head_over(rows: &[Row]) -> String {
    let mut tree = Frontier::new();
    rows.iter().for_each(|row| tree.push(row.leaf));
    let head = Head { origin: ORIGIN.into(), size: tree.size(), root: tree.root(), at: None };
    sign_head(&head, &key()).unwrap()
}

/// A log of `size` entries with heads at 10, 20, ….
fn log(size: u64) -> (Vec<Row>, Vec<String>) {
    let rows: Vec<Row> = (0..size).map(|seq| row(seq, sample(seq))).collect();
    let heads = (10..=rows.len()).step_by(10).map(|size| head_over(&rows[..size])).collect();
    (rows, heads)
}

fn verdict(rows: Vec<Row>, heads: &[String]) -> Result<Report, Vec<Fault>> {
    verify_log(rows, heads, ORIGIN, &[key().verifying_key().clone()])
}

#[track_caller]
fn check(rows: Vec<Row>, heads: &[String], expected: &[Fault]) {
    assert_eq!(verdict(rows, heads).unwrap_err(), expected);
}

/// Gives every row the number of its place, as one would who hides a removal.
fn renumber(rows: &mut [Row]) {
    rows.iter_mut().enumerate().for_each(|(i, row)| row.seq = i as u64);
}

/// Makes contents and hashes fit the new numbers as well.
fn rewrite(rows: &mut [Row]) {
    for (i, one) in rows.iter_mut().enumerate() {
        *one = row(i as u64, Entry { seq: i as u64, ..Entry::decode(&one.entry).unwrap() });
    }
}

#[test]
fn log_in_order_is_believed() {
    let (rows, heads) = log(25);
    let report = verdict(rows, &heads).unwrap();
    assert_eq!((report.entries, report.heads, report.signed_entries), (25, 2, 20));
    assert_eq!(report.clock_set_back, 0);
    let (rows, heads) = log(0);
    assert_eq!(verdict(rows.clone(), &heads).unwrap().entries, 0);
    assert_eq!(verdict(rows.clone(), &[head_over(&rows)]).unwrap().heads, 1);
}

#[test]
fn changed_content_is_found_at_its_number() {
    let (mut rows, heads) = log(25);
    rows[7].entry = Entry { count: 2, ..sample(7) }.encode().unwrap();
    rows[23].entry = Entry { count: 2, ..sample(23) }.encode().unwrap();
    check(rows, &heads, &[Fault::Changed { seq: 7 }, Fault::Changed { seq: 23 }]);
}

#[test]
fn changed_content_with_fitting_hash_is_found_between_two_heads() {
    let (mut rows, heads) = log(35);
    rows[13] = row(13, Entry { count: 2, ..sample(13) });
    check(rows, &heads, &[Fault::NotAsSigned { first: 10, last: 19 }]);
}

#[test]
fn changed_stored_hash_beside_genuine_content_is_told_apart() {
    let (mut rows, heads) = log(25);
    rows[7].leaf.0[0] ^= 1;
    check(rows, &heads, &[Fault::HashChanged { seq: 7 }]);
}

#[test]
fn unreadable_entry_is_found() {
    let (mut rows, heads) = log(12);
    rows[3].entry.truncate(9);
    let why = "the record ends too early".to_owned();
    check(rows, &heads, &[Fault::Changed { seq: 3 }, Fault::Unreadable { seq: 3, why }]);
}

#[test]
fn removed_entries_are_found_however_they_are_hidden() {
    let (all, heads) = log(35);
    let mut rows = all.clone();
    rows.drain(13..15);
    check(rows.clone(), &heads, &[Fault::Removed { first: 13, last: 14 }]);
    renumber(&mut rows);
    let cut = Fault::NotAsSigned { first: 10, last: 19 };
    let gone = |seq| Fault::Removed { first: seq, last: seq };
    check(rows.clone(), &heads, &[gone(13), gone(14), cut.clone()]);
    rewrite(&mut rows);
    check(rows, &heads, &[cut]);
}

#[test]
fn cut_off_end_is_found_as_far_as_it_was_signed() {
    let (mut rows, heads) = log(25);
    rows.truncate(15);
    check(rows, &heads, &[Fault::Truncated { entries: 15, signed: 20 }]);
    let (mut rows, heads) = log(25);
    rows.truncate(22);
    assert_eq!(verdict(rows, &heads).unwrap().signed_entries, 20);
}

#[test]
fn reordered_entries_are_found_however_they_are_hidden() {
    let (all, heads) = log(25);
    let mut rows = all.clone();
    rows.swap(12, 15);
    let moved = verdict(rows.clone(), &heads).unwrap_err();
    assert!(moved.iter().all(|fault| matches!(fault, Fault::Reordered { first: 12..=14, .. })), "{moved:?}");
    renumber(&mut rows);
    let cut = Fault::NotAsSigned { first: 10, last: 19 };
    check(rows.clone(), &heads, &[Fault::Reordered { first: 12, last: 15 }, cut.clone()]);
    rewrite(&mut rows);
    check(rows, &heads, &[cut]);
}

#[test]
fn inserted_entry_is_found_however_it_is_hidden() {
    let (all, heads) = log(25);
    let forged = row(14, Entry { action: "subject.erase".into(), ..sample(14) });
    let mut rows = all.clone();
    rows.insert(14, forged);
    let twice = Fault::Inserted { seq: 14 };
    let cut = Fault::NotAsSigned { first: 10, last: 19 };
    check(rows.clone(), &heads, &[twice.clone(), cut.clone()]);
    renumber(&mut rows);
    check(rows.clone(), &heads, &[twice, cut.clone()]);
    rewrite(&mut rows);
    check(rows, &heads, &[cut]);
}

#[test]
fn entry_written_over_by_another_is_found() {
    let (mut rows, heads) = log(25);
    rows[14] = Row { seq: 14, ..rows[3].clone() };
    let faults = verdict(rows, &heads).unwrap_err();
    assert!(faults.contains(&Fault::Inserted { seq: 3 }), "{faults:?}");
    assert!(faults.contains(&Fault::Removed { first: 14, last: 14 }), "{faults:?}");
}

#[test]
fn heads_that_contradict_or_cant_be_believed_are_found() {
    let (rows, mut heads) = log(25);
    let mut other = rows.clone();
    other[2] = row(2, Entry { count: 9, ..sample(2) });
    heads.push(head_over(&other[..10]));
    heads.push(heads[0].replace("\n10\n", "\n11\n"));
    let faults = verdict(rows, &heads).unwrap_err();
    assert!(faults.contains(&Fault::TwoHistories { size: 10 }), "{faults:?}");
    assert!(faults.iter().any(|fault| matches!(fault, Fault::Head { place: 3, .. })), "{faults:?}");
}

#[test]
fn faults_are_said_in_words() {
    let said = Fault::Removed { first: 3, last: 4 }.to_string();
    assert_eq!(said, "entries 3 to 4 are missing: they were taken out of the log");
}

#[test]
fn clock_set_back_is_counted_but_no_fault() {
    let (mut rows, _) = log(5);
    rows[3] = row(3, Entry { at: Timestamp::UNIX_EPOCH, ..sample(3) });
    assert_eq!(verdict(rows, &[]).unwrap().clock_set_back, 1);
}

/// A log of which `kept` entries came back from a backup after 25, with the note and entry of the restore.
fn restored(kept: u64, given_up: &[&[Row]]) -> (Vec<Row>, RecordedRestore) {
    let extent = |rows: &[Row]| {
        let mut tree = Frontier::new();
        rows.iter().for_each(|row| tree.push(row.leaf));
        Extent { size: tree.size(), root: tree.root() }
    };
    let (mut rows, _) = log(kept);
    let at = sample(99).at;
    let restore = Restore {
        origin: ORIGIN.into(),
        at,
        kept: extent(&rows),
        before: None,
        keys: KeysAtRestore::Live,
        given_up: given_up.iter().map(|rows| extent(rows)).collect(),
    };
    let note = sign_restore(&restore, &key()).unwrap();
    let entry =
        Entry { at, action: "backup.restore".into(), bundle: Some(restore_hash(&note)), ..sample(kept) };
    rows.push(row(kept, entry));
    // What was written since differs from what was written the first time.
    rows.extend((kept + 1..40).map(|seq| row(seq, Entry { count: 5, ..sample(seq) })));
    (rows, RecordedRestore { seq: kept, note })
}

fn verdict_of(rows: Vec<Row>, heads: &[String], restores: &[RecordedRestore]) -> Result<Report, Vec<Fault>> {
    let mut verifier = LogVerifier::with_restores(heads, restores, ORIGIN, &[key().verifying_key().clone()]);
    rows.iter().for_each(|row| verifier.push(row));
    verifier.finish()
}

#[test]
fn heads_that_a_recorded_restore_gives_up_are_no_fault() {
    let (before, _) = log(25);
    for (cited, kept) in [(25, 15), (18, 15), (25, 0)] {
        let (rows, restore) = restored(kept, &[&before[..cited]]);
        let heads = [head_over(&before[..cited]), head_over(&rows[..35])];
        let report = verdict_of(rows.clone(), &heads, std::slice::from_ref(&restore)).unwrap();
        assert_eq!((report.heads, report.signed_entries, report.entries), (1, 35, 40));
        assert_eq!(report.given_up.iter().map(|head| head.size).collect::<Vec<_>>(), [cited as u64]);
        let [seen] = &report.restores[..] else { panic!("{:?}", report.restores) };
        assert_eq!((seen.seq, seen.signed.as_ref().unwrap().kept.size), (kept, kept));
        // The same log without what was signed: the head doesn't fit, and the entry isn't borne out.
        let faults = verdict_of(rows, &heads, &[]).unwrap_err();
        assert!(faults.iter().any(|fault| matches!(fault, Fault::Restore { .. })), "{faults:?}");
        assert!(faults.iter().any(|fault| matches!(fault, Fault::NotAsSigned { .. })), "{faults:?}");
    }
}

#[test]
fn head_that_the_restore_does_not_name_is_still_found() {
    let (before, _) = log(25);
    let (rows, restore) = restored(15, &[&before[..25]]);
    let faults =
        verdict_of(rows.clone(), &[head_over(&before[..24])], std::slice::from_ref(&restore)).unwrap_err();
    assert_eq!(faults, [Fault::NotAsSigned { first: 0, last: 23 }]);
    // And a log that was cut after its restore.
    let head = head_over(&rows[..35]);
    let faults = verdict_of(rows[..20].to_vec(), &[head], &[restore]).unwrap_err();
    assert_eq!(faults, [Fault::Truncated { entries: 20, signed: 35 }]);
}

#[test]
fn restore_is_believed_only_as_it_was_signed_and_where() {
    let (before, _) = log(25);
    let (rows, restore) = restored(15, &[&before[..25]]);
    let head = [head_over(&before)];
    let restores = std::slice::from_ref(&restore);
    let is_found = |rows: Vec<Row>, restores: &[RecordedRestore]| {
        let faults = verdict_of(rows, &head, restores).unwrap_err();
        assert!(faults.iter().any(|fault| matches!(fault, Fault::Restore { .. })), "{faults:?}");
    };
    // Its entry is gone, is another's, or stands elsewhere; the log before it is another.
    is_found(rows[..15].to_vec(), restores);
    let mut other = rows.clone();
    other[15] = row(
        15,
        Entry { bundle: Some(restore_hash("another note")), ..Entry::decode(&rows[15].entry).unwrap() },
    );
    is_found(other, restores);
    is_found(rows.clone(), &[RecordedRestore { seq: 16, ..restore.clone() }]);
    let mut other = rows.clone();
    other[3] = row(3, Entry { count: 9, ..sample(3) });
    is_found(other, restores);
    // Nobody but the shop can sign it.
    let note = restore.note.replace("keys live", "keys backup");
    is_found(rows.clone(), &[RecordedRestore { note, ..restore.clone() }]);
    // An entry alone, as an older version wrote it, is told of and excuses nothing.
    let mut bare = rows;
    bare[15] = row(15, Entry { bundle: None, ..Entry::decode(&bare[15].entry).unwrap() });
    assert!(verdict_of(bare.clone(), &head, &[]).is_err());
    let report = verdict_of(bare, &[], &[]).unwrap();
    assert_eq!(report.restores[0].signed, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is done to signed entries is found, even if all numbers and hashes are made to fit.
    #[test]
    fn no_tampering_with_signed_entries_goes_unseen(at in 0usize..30, to in 0usize..30, deed in 0u8..4,
                                                    hide in 0u8..3) {
        let (all, heads) = log(30);
        let mut rows = all.clone();
        match deed {
            0 => { rows.remove(at); }
            1 => rows.swap(at, to),
            2 => rows.insert(at, row(at as u64, Entry { count: 77, ..sample(at as u64) })),
            _ => rows[at] = row(at as u64, Entry { count: 78, ..sample(at as u64) }),
        }
        if hide > 0 { renumber(&mut rows); }
        if hide > 1 { rewrite(&mut rows); }
        // Swapping an entry with itself, or two that differ in nothing but what is rewritten, does nothing.
        prop_assume!(rows != all);
        prop_assert!(verdict(rows, &heads).is_err());
    }
}
