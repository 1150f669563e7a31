//! The result of an experiment in plain words. Must never say that something is shown which chance could have brought
//! about, nor that two ways are alike because no difference was found.

use models::experiment::Interval;
use models::experiment::ratio::ALARM;

use super::Goal;

/// What can be said of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Too few people yet.
    TooFew,
    /// No difference shown yet.
    NotYet,
    /// It does better than the first.
    Better,
    /// It does worse.
    Worse,
}

impl Verdict {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::TooFew => "too_few",
            Self::NotYet => "not_yet",
            Self::Better => "better",
            Self::Worse => "worse",
        }
    }
}

/// A variant beside the first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compared {
    pub(super) verdict: Verdict,
    /// The first's rate and its own.
    pub(super) rates: (f64, f64),
    /// The difference, valid at any time.
    pub(super) interval: Option<Interval>,
}

/// A sentence or two for each variant but the first; before them a warning, if people came in as they shouldn't have.
pub(super) fn summary(
    goal: Goal,
    first: &str,
    others: &[(String, Option<Compared>)],
    balance: Option<f64>,
) -> Vec<String> {
    let mut said = Vec::new();
    if balance.is_some_and(|p| p < ALARM) {
        said.push(
            "Don't trust this result: people did not come into the variants as their shares say. Something loses some \
             of them on the way, such as a page that fails in one variant."
                .to_owned(),
        );
    }
    for (name, compared) in others {
        let Some(Compared { verdict, rates: (a, b), interval }) = compared else {
            said.push(format!("Too few people have seen `{first}` and `{name}` yet to show any figure."));
            continue;
        };
        let rates = format!("{} {} with `{name}`, {} with `{first}`", percent(*b), goal.done(), percent(*a));
        let range = interval.map(|Interval { low, high }| format!("{} to {}", points(low), points(high)));
        let range = range.unwrap_or_default();
        said.push(match verdict {
            Verdict::TooFew => format!(
                "Too few yet to compare `{name}` with `{first}`: in each, 20 people must have {} and 20 not.",
                goal.done()
            ),
            Verdict::NotYet => format!(
                "No difference shown yet between `{name}` and `{first}`: {rates}. The true difference lies within \
                 {range} points. That doesn't mean that they are alike.",
            ),
            Verdict::Better => format!(
                "`{name}` does better than `{first}`: {rates}. The true difference lies within {range} points.",
            ),
            Verdict::Worse => format!(
                "`{name}` does worse than `{first}`: {rates}. The true difference lies within {range} points.",
            ),
        });
    }
    said
}

fn percent(rate: f64) -> String {
    format!("{:.1} %", 100.0 * rate)
}

fn points(difference: f64) -> String {
    format!("{:+.1}", 100.0 * difference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_said_in_plain_words() {
        let with = |verdict| {
            let interval = Some(Interval { low: -0.002, high: 0.0125 });
            let compared = Compared { verdict, rates: (0.05, 0.0604), interval };
            summary(Goal::Order, "a", &[("b".to_owned(), Some(compared))], Some(0.5)).join(" ")
        };
        assert_eq!(
            with(Verdict::NotYet),
            "No difference shown yet between `b` and `a`: 6.0 % ordered with `b`, 5.0 % with `a`. The true difference \
             lies within -0.2 to +1.2 points. That doesn't mean that they are alike."
        );
        assert!(with(Verdict::Better).starts_with("`b` does better than `a`: 6.0 % ordered"));
        assert!(with(Verdict::TooFew).contains("20 people must have ordered and 20 not"));
    }

    #[test]
    fn a_mismatch_is_said_before_all_else() {
        let said = summary(Goal::Click, "a", &[("b".to_owned(), None)], Some(1e-5));
        assert!(said[0].starts_with("Don't trust this result"), "{said:?}");
        assert_eq!(said.len(), 2);
    }
}
