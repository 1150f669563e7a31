//! Tests of the redaction of free text, with a measurement on a public synthetic data set if that is at hand.
//! Must never hold real people's data.

use std::{io::Read, path::PathBuf};

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(redact(text).text, expected);
}

#[test]
fn mails_are_taken_out() {
    check("ana.b+shop@mail.example.co.nz", "[e-mail]");
    check("Write to <ana@example.com>, please.", "Write to <[e-mail]>, please.");
    check("mailto:ana@example.com?subject=x", "mailto:[e-mail]?subject=x");
    check("tūī@kākā.nz and o'hara@example.com", "[e-mail] and [e-mail]");
    check("email=ana%40example.com&x", "email=[e-mail]&x");
    check("two at 5@ $3, @ana on social, a@b", "two at 5@ $3, @ana on social, a@b");
    check("a@b.com@c.com", "[e-mail]@c.com");
}

#[test]
fn telephone_numbers_are_taken_out() {
    for number in [
        "021 555 0123",
        "021-555-0123",
        "0215550123",
        "(09) 555 0123",
        "09 555 0123",
        "+64 21 555 0123",
        "+64215550123",
        "0064 21 555 0123",
        "0800 555 012",
        "+1-212-555-0123",
        "(212) 555-0123",
        "212-555-0123",
        "212.555.0123",
        "1-800-555-0199",
        "+44 20 7946 0958",
        "07700 900123",
        "+46 (0)8 928 571 38",
        "03.93.92.16.85",
        "555-0123",
        "345-899-3560x4587",
        "09 555 0123 ext 12",
    ] {
        check(&format!("It is {number}, thanks"), "It is [phone], thanks");
        check(number, "[phone]");
    }
    check("call me on 5550123 tonight", "call me on [phone] tonight");
    check("text 38 39 40 41", "text [phone]");
}

#[test]
fn numbers_of_money_and_identity_are_taken_out() {
    check("4111 1111 1111 1111 exp 12/27", "[card] exp 12/27");
    check("4111-1111-1111-1111", "[card]");
    check("378282246310005!", "[card]!");
    check("to GB82 WEST 1234 5698 7654 32 please", "to [bank account] please");
    check("pay 12-3456-1234567-00 or 01 0902 0068389 000", "pay [bank account] or [bank account]");
    check("IRD 49-091-850", "IRD [tax number]");
    check("my IRD number is 136410132", "my IRD number is [tax number]");
    check("ssn 460-89-9847", "ssn [tax number]");
}

#[test]
fn network_addresses_are_taken_out() {
    check("from 203.0.113.77:8080.", "from [network address]:8080.");
    check("[2001:db8::1]:443", "[[network address]]:443");
    check("6e40:4041:c617:e898:c11:40d2:c669:2eb4", "[network address]");
    check("::ffff:203.0.113.77", "[network address]");
    check("at 11:34:35, v1.2.3, std::vec", "at 11:34:35, v1.2.3, std::vec");
}

#[test]
fn dates_of_birth_are_taken_out_and_other_dates_stay() {
    check("born on 3/2/1985, rides since 2019-05-01", "born on [date of birth], rides since 2019-05-01");
    check("DOB: 1985-02-03.", "DOB: [date of birth].");
    check("delivered 2026-02-03 11:34:35", "delivered 2026-02-03 11:34:35");
}

#[test]
fn links_that_carry_more_than_a_page_are_taken_out() {
    check("see https://shop.example/bikes.", "see https://shop.example/bikes.");
    check("see https://shop.example/?email=x!", "see [link]!");
    check("(https://shop.example/a#t=1)", "([link])");
    check("https://u:p@shop.example/", "[link]");
    check("https://shop.example/o/1234567", "[link]");
    check("http://[", "[link]");
}

#[test]
fn words_of_a_shop_stay() {
    for text in [
        "two size 42 boots, $199.95",
        "order 1042 of 2026-02-03, ref A-1234-5678",
        "sizes 38 39 40 41 42",
        "29 x 2.35 tyre, 1 200 000 steps, 3.000.000 sold",
        "season 2019-2020, 10:30-17:00",
        "SKU-123-456-7890 and EAN 9421234567890",
        "about $200 3000, #555-0123",
        "a 550e8400-e29b-41d4-a716-446655440000 b",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "version 1.2.3.4.5 at 12h",
        "TREK Marlin 7 Gen 3 – 2024 – M/L",
        "00012345",
    ] {
        check(text, text);
    }
}

#[test]
fn ids_that_are_personal_are_told() {
    let check = |text: &str, expected| assert_eq!(looks_like_personal(text), expected, "{text}");
    check("ana@example.com", Some(Kind::EMail));
    check("user:ana@example.com", Some(Kind::EMail));
    check("ana%40example.com", Some(Kind::EMail));
    check(" 021 555 0123 ", Some(Kind::Phone));
    check("0215550123", Some(Kind::Phone));
    check("4111111111111111", Some(Kind::Card));
    check("GB82WEST12345698765432", Some(Kind::BankAccount));
    check("203.0.113.77", Some(Kind::IpAddress));
    check("2001:db8::1", Some(Kind::IpAddress));
    for id in [
        "",
        "1042",
        "6940095564833",
        "7203941842998",
        "cus_NffrFeUfNV2Hib",
        "550e8400-e29b-41d4-a716-446655440000",
        "gid://shopify/Customer/207119551",
        "00012345",
        "anna",
        "2026-02-03",
        "A-123-456-7890",
    ] {
        let found = looks_like_personal(id);
        assert!(found.is_none() || id.starts_with("gid"), "{id}: {found:?}");
    }
}

#[test]
fn long_texts_take_linear_time() {
    let began = std::time::Instant::now();
    for piece in [
        "1",
        "1 ",
        "a@",
        "@",
        "a:b:",
        "://",
        "12-",
        "(1",
        "GB82 ",
        "%40a.bc",
        "0:",
        "1.2.3.4 ",
        "born 1/1/2000 ",
    ] {
        let _ = redact(&piece.repeat(200_000 / piece.len()));
    }
    assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
}

proptest! {
    #[test]
    fn what_is_plain_at_a_glance_is_plain(text in "[0-9a-fGB@:.%+() \\-]{0,18}") {
        let found = find_personal(text.trim());
        let whole = |found: &Finding| found.kind == Kind::EMail || found.range == (0..text.trim().len());
        prop_assert_eq!(looks_like_personal(&text), found.into_iter().find(whole).map(|found| found.kind));
    }

    #[test]
    fn any_text_is_read_without_panic_and_ranges_are_in_order(text in "[0-9a-f@:.%+() \\-/éū日x]{0,60}|\\PC{0,40}") {
        let mut done = 0;
        for found in find_personal(&text) {
            prop_assert!(found.range.start >= done && found.range.end > found.range.start);
            prop_assert!(text.get(found.range.clone()).is_some());
            done = found.range.end;
        }
        let _ = (redact(&text), looks_like_personal(&text));
    }

    #[test]
    fn a_mail_never_survives_whatever_stands_around_it(before in "[ ,;:<(\"]{0,2}", after in "[ ,;:>)\"?]{0,2}",
                                                       local in "[a-z]{3,8}", host in "[a-z]{3,8}\\.(com|co\\.nz)") {
        let redacted = redact(&format!("x {before}{local}@{host}{after} y"));
        prop_assert!(!redacted.text.contains(&format!("{local}@")), "{}", redacted.text);
        prop_assert_eq!(redacted.counts.get(&Kind::EMail), Some(&1));
    }
}

fn shared_file(path: &str) -> Option<PathBuf> {
    let base = std::env::var_os("EQUIPOISE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    Some(base.join("data").join(path)).filter(|file| file.exists())
}

/// Measured on 1,500 synthetic sentences of Presidio's evaluation set. Recall counts what is gone from the text, of
/// whatever kind it was taken for; precision counts findings of a kind that overlap with a marked one of that kind.
#[test]
fn recall_and_precision_on_synthetic_sentences_stay_above_their_floor() {
    let Some(file) = shared_file("presidio_synth/synth_dataset_v2.json.gz") else {
        eprintln!(
            "skipped: the measurement of redaction needs ../shared/data/presidio_synth/synth_dataset_v2.json.gz"
        );
        return;
    };
    let mut json = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_string(&mut json).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let kinds = [
        ("EMAIL_ADDRESS", Kind::EMail, 1.0, 1.0),
        ("PHONE_NUMBER", Kind::Phone, 0.95, 0.84),
        ("CREDIT_CARD", Kind::Card, 0.99, 0.99),
        ("IBAN_CODE", Kind::BankAccount, 1.0, 1.0),
        ("IP_ADDRESS", Kind::IpAddress, 1.0, 1.0),
        ("US_SSN", Kind::TaxNumber, 1.0, 1.0),
    ];
    let mut tally: BTreeMap<Kind, [usize; 4]> = BTreeMap::new();
    for row in &rows {
        let text = row["full_text"].as_str().unwrap();
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let marked: Vec<(&str, Range<usize>)> = row["spans"]
            .as_array()
            .unwrap()
            .iter()
            .map(|span| {
                let place = |name: &str| places[span[name].as_u64().unwrap() as usize];
                (span["entity_type"].as_str().unwrap(), place("start_position")..place("end_position"))
            })
            .collect();
        let found = find_personal(text);
        let show = std::env::var_os("SHOW_MISSES").is_some();
        for (name, kind, ..) in kinds {
            let [gone, all, right, claimed] = tally.entry(kind).or_default();
            for (_, range) in marked.iter().filter(|(marked, _)| *marked == name) {
                *all += 1;
                let covered = found.iter().any(|f| f.range.start <= range.start && f.range.end >= range.end);
                *gone += usize::from(covered);
                if show && !covered {
                    eprintln!("missed {name}: {} in: {text}", &text[range.clone()]);
                }
            }
            for finding in found.iter().filter(|found| found.kind == kind) {
                *claimed += 1;
                let overlaps =
                    |range: &Range<usize>| range.start < finding.range.end && finding.range.start < range.end;
                let hit = marked.iter().any(|(marked, range)| *marked == name && overlaps(range));
                *right += usize::from(hit);
                if show && !hit {
                    eprintln!("false {name}: {} in: {text}", &text[finding.range.clone()]);
                }
            }
        }
    }
    for (name, kind, least_recall, least_precision) in kinds {
        let [gone, all, right, claimed] = tally[&kind];
        let (recall, precision) = (gone as f64 / all as f64, right as f64 / claimed.max(1) as f64);
        eprintln!("{name}: recall {gone}/{all} = {recall:.3}, precision {right}/{claimed} = {precision:.3}");
        assert!(recall >= least_recall && precision >= least_precision, "{name} fell below its floor");
    }
}
