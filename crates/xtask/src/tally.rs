//! Counting tests from what the runners print: nextest, libtest and the browser runner.
//! It must never guess: a line that isn't a runner's own summary counts nothing.

use std::ops::AddAssign;

/// Who prints the summary. A nextest run also shows failed tests' libtest summaries, which must not count twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    Libtest,
    /// The browser tests' and the client tests', both in Node.js.
    Browser,
    /// Prints no summary: formatters, linters, compilers.
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        let Self { passed, failed, skipped } = other;
        self.passed += passed;
        self.failed += failed;
        self.skipped += skipped;
    }
}

/// Reads a runner's output line by line.
pub(crate) struct Reader {
    runner: Runner,
    tally: Tally,
    /// Notes `skipped: …` of tests that pass without having tested anything, one for each test.
    notes: Vec<String>,
    in_noted_test: bool,
}

impl Reader {
    pub(crate) fn new(runner: Runner) -> Self {
        Self { runner, tally: Tally::default(), notes: Vec::new(), in_noted_test: false }
    }

    pub(crate) fn line(&mut self, line: &str) {
        let line = without_colours(line);
        if let Some(tally) = summary(self.runner, &line) {
            self.tally += tally;
        }
        // The summary of the runners in Node.js counts these already.
        if self.runner == Runner::Browser {
            self.notes.extend(skip_note(&line));
        }
        if self.runner == Runner::Libtest {
            // `cargo test -- --show-output` heads each test's words with `---- name stdout ----`.
            if line.starts_with("---- ") && line.ends_with(" ----") {
                self.in_noted_test = false;
            } else if let Some(note) = skip_note(&line)
                && !self.in_noted_test
            {
                self.in_noted_test = true;
                self.notes.push(note);
            }
        }
    }

    /// Takes the `skipped:` notes out of nextest's JUnit report, which keeps the words of passed tests.
    pub(crate) fn junit(&mut self, report: &str) {
        for case in report.split("<testcase ").skip(1) {
            let words = case.split(['\n', '>']).map(|line| line.split('<').next().unwrap_or(line));
            if let Some(note) = words.filter_map(skip_note).next() {
                self.notes.push(note);
            }
        }
    }

    /// The sum, with tests that said they were skipped counted as skipped, and what they said.
    pub(crate) fn finish(self) -> (Tally, Vec<String>) {
        let mut tally = self.tally;
        if self.runner == Runner::Browser {
            return (tally, self.notes);
        }
        let noted = u64::try_from(self.notes.len()).unwrap_or(u64::MAX).min(tally.passed);
        tally.passed -= noted;
        tally.skipped += noted;
        (tally, self.notes)
    }
}

fn skip_note(line: &str) -> Option<String> {
    line.trim_start().strip_prefix("skipped: ").map(|note| note.trim_end().to_owned())
}

fn summary(runner: Runner, line: &str) -> Option<Tally> {
    let line = line.trim();
    match runner {
        Runner::None => None,
        Runner::Nextest => {
            let counts = line.strip_prefix("Summary [")?.split_once("run:")?.1;
            Some(count_words(&counts.replace(['(', ')'], ","), ','))
        }
        Runner::Libtest => {
            let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
            Some(count_words(counts, ';'))
        }
        Runner::Browser => {
            let tally = count_words(line, ',');
            let plain = |part: &str| {
                let mut words = part.split_whitespace();
                words.next().is_some_and(|number| number.parse::<u64>().is_ok())
                    && matches!(words.next(), Some("passed" | "failed" | "skipped"))
                    && words.next().is_none()
            };
            line.split(',').all(plain).then_some(tally)
        }
    }
}

/// Sums `3 passed, 1 timed out, …`; words that say how a passed test passed (`slow`, `flaky`, `leaky`) count nothing.
fn count_words(text: &str, separator: char) -> Tally {
    let mut tally = Tally::default();
    for part in text.split(separator) {
        let Some((number, word)) = part.trim().split_once(' ') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        match word.trim() {
            "passed" => tally.passed += number,
            "failed" | "timed out" | "exec failed" => tally.failed += number,
            "skipped" | "ignored" => tally.skipped += number,
            _ => {}
        }
    }
    tally
}

fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(runner: Runner, lines: &[&str], passed: u64, failed: u64, skipped: u64) {
        let mut reader = Reader::new(runner);
        lines.iter().for_each(|line| reader.line(line));
        assert_eq!(reader.finish().0, Tally { passed, failed, skipped });
    }

    #[test]
    fn nextest_summaries_count() {
        let clean = "     Summary [   0.005s] 3 tests run: 3 passed, 2 skipped";
        check(Runner::Nextest, &[clean], 3, 0, 2);
        let mixed = "     Summary [  12.1s] 9 tests run: 5 passed (2 slow, 1 leaky), 2 failed, 1 timed out, 1 exec failed, 4 skipped";
        check(Runner::Nextest, &[mixed], 5, 4, 4);
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.005s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m \u{1b}[33;1mskipped\u{1b}[0m";
        check(Runner::Nextest, &[coloured], 1, 0, 0);
    }

    #[test]
    fn a_failed_tests_own_libtest_summary_does_not_count_under_nextest() {
        check(Runner::Nextest, &["test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured"], 0, 0, 0);
    }

    #[test]
    fn libtest_summaries_add_up() {
        let one =
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        let two = "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s";
        check(Runner::Libtest, &[one, "running 3 tests", two], 5, 1, 1);
    }

    #[test]
    fn browser_summaries_count_only_as_whole_lines() {
        check(Runner::Browser, &["ok home::opens (3 passed, or so)", "3 passed, 1 failed"], 3, 1, 0);
        check(Runner::Browser, &["skipped: a: needs b", "1 passed, 0 failed, 1 skipped"], 1, 0, 1);
    }

    #[test]
    fn a_test_that_says_it_was_skipped_counts_as_skipped_once() {
        let lines = [
            "---- import::reads_online_retail stdout ----",
            "skipped: online_retail.csv.gz needs ../shared/data",
            "skipped: and its prices too",
            "---- other stdout ----",
            "skipped: sessions need ../shared/data",
            "test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ];
        check(Runner::Libtest, &lines, 3, 0, 2);

        let mut reader = Reader::new(Runner::Nextest);
        reader.line("     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped");
        reader.junit(
            "<testcase name=\"a\"><system-err>skipped: a needs x\nskipped: more</system-err></testcase>\n\
             <testcase name=\"b\"></testcase><testcase name=\"c\"><system-err>not skipped: c</system-err></testcase>",
        );
        let (tally, notes) = reader.finish();
        assert_eq!(tally, Tally { passed: 2, failed: 0, skipped: 1 });
        assert_eq!(notes, ["a needs x"]);
    }
}
