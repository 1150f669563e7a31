//! Reasons in plain words. A reason names what the person did, the page at hand, or a count; never somebody else.

use std::sync::Arc;

use jiff::Timestamp;
use models::recommend::repeat::{Purchase, due};
use models::recommend::{Cause, ItemId, Scored};
use privacy::data::Kind;
use privacy::purpose::{Personalisation, PurposeId};
use rustc_hash::FxHashSet;

use super::basis::Basis;
use super::circumstances::{Circumstance, Regions, title};
use super::{CatalogueItem, Reason};

/// What an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// A grant opened the person's history.
    Granted,
    /// Nothing but what the request says.
    PageAlone,
}

/// How many reasons are named one by one; smaller ones are added up by what they come from.
const NAMED: usize = 4;

/// What a grant opened of the person's past; any other item can only come from the page.
pub(super) struct Past<'b> {
    purchases: &'b [Purchase],
    looked: Vec<(ItemId, Kind)>,
    bought: FxHashSet<ItemId>,
}

/// From so many times between purchases on it is said how often somebody buys a thing.
const RHYTHM: usize = 2;

impl<'b> Past<'b> {
    pub(super) fn of(basis: &'b Basis<'_>) -> Self {
        Self {
            purchases: basis.latest(),
            looked: basis.looked.iter().map(|look| (look.item, look.kind)).collect(),
            bought: basis.latest().iter().map(|purchase| purchase.item).collect(),
        }
    }

    /// Every how many days the person buys an item, if they have done so often enough.
    fn every_days(&self, item: ItemId) -> Option<i64> {
        let due = due(item, self.purchases, i64::MAX, None)?;
        let days = (due.interval_seconds + 43_200) / 86_400;
        (due.own_intervals >= RHYTHM && days >= 1).then_some(days)
    }

    /// The kind of data that an item of a reason comes from.
    fn source(&self, cause: Cause) -> Option<Kind> {
        let looked = |item| self.looked.iter().rev().find(|(other, _)| *other == item).map(|look| look.1);
        match cause {
            Cause::Bought { .. } => Some(Kind::PurchaseHistory),
            Cause::Visit { item } => looked(item),
            Cause::Suits { item } | Cause::Alike { item } => {
                self.bought.contains(&item).then_some(Kind::PurchaseHistory).or_else(|| looked(item))
            }
            Cause::Helps { item } => self.bought.contains(&item).then_some(Kind::PurchaseHistory),
            Cause::Popular { .. } | Cause::New => None,
        }
    }
}

/// One thing that can be said, before it is put into words.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Said {
    say: Say,
    data: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Say {
    Looked(ItemId),
    Carted(ItemId),
    Bought(ItemId, i64),
    /// Bought every so many days.
    Usually(ItemId, i64),
    Together(ItemId),
    Alike(ItemId),
    Helps(ItemId),
    Popular(Option<u32>),
    New,
    Others,
}

/// The reasons for a score, the largest first and what is added up last; their parts add up to it.
pub(super) fn explain<'i>(
    scored: &Scored,
    ground: Ground,
    past: &Past<'_>,
    words: &Words<'_, impl Fn(ItemId) -> Option<&'i Arc<CatalogueItem>>>,
) -> Vec<Reason> {
    let mut parts: Vec<(Said, f64)> = Vec::with_capacity(scored.parts().len());
    for contribution in scored.parts() {
        let data = past.source(contribution.cause).filter(|_| ground == Ground::Granted);
        let say = match (contribution.cause, data) {
            (Cause::Visit { item }, Some(Kind::CartHistory)) => Say::Carted(item),
            (Cause::Visit { item }, _) => Say::Looked(item),
            (Cause::Bought { item, time }, _) => match past.every_days(item) {
                Some(days) => Say::Usually(item, days),
                None => Say::Bought(item, time.div_euclid(86_400)),
            },
            (Cause::Suits { item }, _) => Say::Together(item),
            (Cause::Alike { item }, _) => Say::Alike(item),
            (Cause::Helps { item }, _) => Say::Helps(item),
            (Cause::Popular { context }, _) => Say::Popular(context),
            (Cause::New, _) => Say::New,
        };
        gather(&mut parts, Said { say, data }, contribution.part);
    }
    largest_first(&mut parts);
    // The small ones are said in one breath, each kind of data for itself.
    let mut said: Vec<(Said, f64)> = Vec::with_capacity(NAMED + 3);
    for (place, (one, part)) in parts.into_iter().enumerate() {
        let one = match one.say {
            _ if place < NAMED => one,
            // What is popular here and what is popular anywhere are one thing then.
            Say::Popular(_) => Said { say: Say::Popular(None), ..one },
            Say::New => one,
            _ => Said { say: Say::Others, ..one },
        };
        gather(&mut said, one, part);
    }
    largest_first(&mut said);
    // A sum of small ones says little: it never stands for the whole.
    said.sort_by_key(|(one, _)| match one.say {
        // However little it weighs: without it the item wouldn't stand there.
        Say::New => 0,
        Say::Others => 2,
        _ => 1,
    });
    said.into_iter().map(|(one, part)| in_words(one, part, scored.item(), words)).collect()
}

fn gather(parts: &mut Vec<(Said, f64)>, one: Said, part: f64) {
    // Two models may say the same: one reason then, with both parts.
    match parts.iter_mut().find(|(known, _)| *known == one) {
        Some((_, sum)) => *sum += part,
        None => parts.push((one, part)),
    }
}

fn largest_first(parts: &mut [(Said, f64)]) {
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
}

/// What a guide helps with, and where.
fn help(bought: &str, guide: Option<&CatalogueItem>) -> String {
    match guide.and_then(|guide| guide.region.as_deref()) {
        Some(place) => format!("You bought {bought}: somewhere to take it, in {}", title(place)),
        None => format!("You bought {bought}: how to get the best out of it"),
    }
}

/// The names that reasons are put into words with.
pub(super) struct Words<'a, F> {
    /// An item by its number.
    pub(super) item: &'a F,
    /// The places that are told apart.
    pub(super) regions: &'a Regions,
}

fn in_words<'i>(
    one: Said,
    part: f64,
    shown: ItemId,
    words: &Words<'_, impl Fn(ItemId) -> Option<&'i Arc<CatalogueItem>>>,
) -> Reason {
    let Said { say, data } = one;
    let Words { item, regions } = words;
    let name = |of: ItemId| item(of).map_or("another item", |item| item.name.as_str());
    let (text, cause) = match say {
        Say::Looked(item) => (format!("Because you looked at {}", name(item)), Some(item)),
        Say::Carted(item) => (format!("Because you put {} into your cart", name(item)), Some(item)),
        Say::Bought(item, day) => (format!("You bought it on {}", date(day)), Some(item)),
        Say::Usually(item, days) => (format!("You usually buy this every {}", how_long(days)), Some(item)),
        Say::Together(item) => (format!("Often chosen together with {}", name(item)), Some(item)),
        Say::Alike(item) => (format!("Goes with {}", name(item)), Some(item)),
        Say::Helps(bought) => (help(name(bought), item(shown).map(|item| &**item)), Some(bought)),
        Say::Popular(None) => ("Popular in this shop at the moment".to_owned(), None),
        Say::Popular(Some(context)) => {
            (format!("Popular {}", regions.in_words(Circumstance::numbered(context))), None)
        }
        Say::New => ("New here: one place is kept for new things".to_owned(), None),
        Say::Others => {
            let text = match data {
                Some(Kind::PurchaseHistory) => "Other things that you have bought",
                Some(Kind::CartHistory) => "Other things in your cart",
                Some(_) => "Other things that you looked at",
                None => "Other things on this page",
            };
            (text.to_owned(), None)
        }
    };
    Reason {
        text,
        part,
        data,
        purpose: data.map(|_| PurposeId::of::<Personalisation>()),
        cause_item: cause.and_then(item).map(|item| item.id.clone()),
    }
}

/// Days in the words in which one speaks of a habit.
fn how_long(days: i64) -> String {
    match days {
        ..=1 => "day".to_owned(),
        2..=6 => format!("{days} days"),
        7..=10 => "week".to_owned(),
        11..=59 => format!("{} weeks", (days + 3) / 7),
        _ => format!("{} months", (days + 15) / 30),
    }
}

fn date(day: i64) -> String {
    Timestamp::from_second(day.saturating_mul(86_400))
        .map_or_else(|_| "an earlier day".to_owned(), |at| at.strftime("%-d %B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_told_in_days_weeks_or_months() {
        for (days, words) in
            [(1, "day"), (3, "3 days"), (7, "week"), (14, "2 weeks"), (42, "6 weeks"), (61, "2 months")]
        {
            assert_eq!(how_long(days), words, "{days}");
        }
    }

    #[test]
    fn rhythm_is_named_from_the_third_purchase_on() {
        let bought = |day: i64| Purchase { item: ItemId(1), time: day * 86_400, quantity: 1 };
        let every = |purchases: &[Purchase]| {
            Past { purchases, looked: Vec::new(), bought: FxHashSet::default() }.every_days(ItemId(1))
        };
        assert_eq!(every(&[bought(0), bought(42)]), None);
        assert_eq!(every(&[bought(0), bought(42), bought(84)]), Some(42));
        assert_eq!(every(&[bought(0), bought(0), bought(0)]), None);
    }
}
