//! `equipoise evaluate` on tiny files of each form whose figures can be reckoned by hand, and on bad ones.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const HEAD: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

fn run(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_equipoise"))
        .arg("evaluate")
        .args(line.split_whitespace())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn json(folder: &Path, line: &str) -> Value {
    let output = run(folder, &format!("{line} --json"));
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn mean(report: &Value, table: &str, model: &str, metric: &str) -> f64 {
    let tables = report["tables"].as_array().unwrap();
    let table = tables.iter().find(|one| one["table"] == table).unwrap();
    let models = table["models"].as_array().unwrap();
    let model = models.iter().find(|one| one["model"] == model).unwrap_or_else(|| panic!("no {model}"));
    model["metrics"][metric]["mean"].as_f64().unwrap_or_else(|| panic!("no {metric} in {model}"))
}

#[test]
fn sequences_give_the_figures_reckoned_by_hand() {
    // Held out: x, y, x, y. Popular: x (3 of 4), y (2), z (1).
    let folder = folder(&[("lines.txt", "a x y x\nb,x,y\nc\ty x\nd z x y\n")]);
    let report = json(folder.path(), "sequences lines.txt");
    for (table, model, metric, expected) in [
        ("repeats", "popularity", "hr@10", 1.0),
        ("repeats", "popularity", "mrr@10", (1.0 + 0.5 + 1.0 + 0.5) / 4.0),
        // Only the first customer buys again, and had y later than x.
        ("repeats", "repeat", "hr@10", 0.25),
        ("repeats", "repeat", "mrr@20", 0.125),
        // The first customer's x is nothing new and isn't asked about; y is the first that the others don't have.
        ("new", "popularity", "mrr@10", 1.0),
        ("new", "popularity", "recall@20", 1.0),
        ("new", "repeat", "hr@10", 0.0),
    ] {
        assert!((mean(&report, table, model, metric) - expected).abs() < 1e-12, "{table} {model} {metric}");
    }
    assert_eq!(
        (&report["tables"][0]["questions"], &report["tables"][1]["questions"]),
        (&4.into(), &3.into())
    );
    let again = json(folder.path(), "sequences lines.txt");
    assert_eq!(report["tables"][0]["models"][0]["metrics"], again["tables"][0]["models"][0]["metrics"]);
}

#[test]
fn sessions_are_read_packed_and_unknown_items_are_dropped() {
    let folder = folder(&[("test.tsv", "SessionId\tItemId\tTime\n9\ta\t1\n9\tnew\t2\n9\tb\t3\n8\tnew\t1\n")]);
    let train = "SessionId\tItemId\tTime\n1\ta\t1\n1\tb\t2\n2\ta\t3\n2\tb\t4\n3\ta\t5\n3\tc\t6\n";
    let file = std::fs::File::create(folder.path().join("train.tsv.gz")).unwrap();
    let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    packed.write_all(train.as_bytes()).unwrap();
    packed.finish().unwrap();
    let report = json(folder.path(), "sessions --train train.tsv.gz --test test.tsv");
    // One question: after a comes b. Popular without the current a: b, c.
    assert_eq!(report["tables"][0]["questions"], 1);
    assert_eq!(mean(&report, "next", "popularity", "hr@20"), 1.0);
    assert_eq!(mean(&report, "next", "popularity", "mrr@20"), 1.0);
    assert_eq!(mean(&report, "next", "session", "hr@20"), 1.0);
    let last = report["tables"][0]["models"].as_array().unwrap().last().unwrap();
    assert_eq!(last["model"], "blend");
}

#[test]
fn transactions_are_told_apart_by_what_is_new() {
    let mut lines = HEAD.to_owned();
    for customer in 1..=6 {
        for (month, item) in [(1, "mug"), (2, "mug"), (3, "mug"), (3, "tent")] {
            // The odd ones had the tent before.
            let first = if customer % 2 == 1 && month == 1 { "tent" } else { item };
            lines.push_str(&format!(
                "{customer}{month},{first},x,1,2026-0{month}-01 10:00:00,5.0,{customer},NZ\n"
            ));
        }
    }
    let folder = folder(&[("orders.csv", &lines)]);
    let report = json(folder.path(), "transactions orders.csv --only popularity");
    // Known: mug of all six, tent of the three odd ones. Held out: mug and tent of all.
    assert_eq!(mean(&report, "repeats", "popularity", "recall@20"), 1.0);
    assert_eq!(report["tables"][0]["questions"], 6);
    assert_eq!(report["tables"][1]["questions"], 3, "the even ones never had a tent");
    assert_eq!(report["tables"][0]["models"].as_array().unwrap().len(), 1);
    assert_eq!(report["data"]["invoices"], 18);
}

#[test]
fn baskets_are_asked_of_the_future_file_alone() {
    let folder = folder(&[
        (
            "past.json",
            r#"{"1": [[-1], [5, 6], [5], [-1]], "2": [[-1], [6], [5], [-1]], "3": [[-1], [7], [-1]]}"#,
        ),
        ("next.json", r#"{"1": [[-1], [5, 8], [-1]], "2": [[-1], [6], [-1]]}"#),
    ]);
    let report = json(folder.path(), "baskets --history past.json --future next.json");
    assert_eq!(report["tables"][0]["questions"], 2);
    // 5 is in the last basket of both; the first customer's next one has it on top, the second's has 6, at place 2.
    assert_eq!(mean(&report, "repeats", "repeat", "mrr@10"), 0.75);
    assert_eq!(mean(&report, "repeats", "repeat", "recall@10"), 1.0, "8 is unknown and isn't asked for");
}

#[test]
fn the_page_stands_alone_and_says_in_text_what_it_draws() {
    let folder = folder(&[("lines.txt", "a x y x\nb x y\nc y x\nd z x y\n")]);
    let output = run(folder.path(), "sequences lines.txt --html report.html --refusal 0,50,100");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("those who refuse") && told.contains("100%"), "{told}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("report.html"));
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    for foreign in ["http:", "https:", "src=", "href=", "<script", "url(", "@import"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for expected in ["<svg", "<polyline", "popularity", "those who refuse", "NDCG@10", "How it is measured"] {
        assert!(page.contains(expected), "{expected}");
    }
    let figure = told.lines().find(|line| line.trim_start().starts_with("repeat ")).unwrap();
    let figure = figure.split_whitespace().nth(1).unwrap();
    assert!(page.contains(figure), "the page's table has {figure} too");
}

#[test]
fn what_is_wrong_is_told_with_file_line_and_mend() {
    let folder = folder(&[
        ("good.tsv", "1\ta\t1\n1\tb\t2\n"),
        ("bad.tsv", "SessionId\tItemId\tTime\n1\ta\t1\n1\tb\tnoon\n"),
        ("bad.csv", &format!("{HEAD}1,A,x,two,2026-01-01 10:00:00,1.0,7,NZ\n")),
        ("bad.json", "{\"1\": [[1,]]}"),
        ("bad.txt", "a 1 2\nb\n"),
        ("strange.txt", "a 1 2\nb 3 4\n"),
    ]);
    let check = |line: &str, code: i32, expected: &[&str]| {
        let output = run(folder.path(), line);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{line}: {told}");
        assert!(output.stdout.is_empty(), "{line}");
        for expected in expected.iter().chain(&["→ "]) {
            assert!(told.contains(expected), "{line}: {told}");
        }
    };
    check(
        "sessions --train good.tsv --test bad.tsv",
        1,
        &["`bad.tsv` line 3", "`noon`", "seconds since 1970"],
    );
    check("transactions bad.csv", 1, &["`bad.csv` line 2", "`two`", "write it like"]);
    check("baskets --history bad.json --future bad.json", 1, &["`bad.json` line 1"]);
    check("sequences bad.txt", 1, &["`bad.txt` line 2", "no item"]);
    check("sequences missing.txt", 1, &["could not open `missing.txt`", "check the name"]);
    check("sequences strange.txt", 1, &["nothing is left to ask"]);
    check("sequences bad.txt --only best", 1, &["line 2"]);
    check("sessions --train good.tsv --test good.tsv --only best", 2, &["no model `best`", "session"]);
}
