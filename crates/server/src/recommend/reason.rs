//! Reasons in plain words. A reason names what the person did, the page at hand, or a count; never somebody else.

use std::collections::BTreeSet;

use jiff::Timestamp;
use models::recommend::{Cause, ItemId, Scored};
use privacy::data::Kind;
use privacy::purpose::{Personalisation, PurposeId};

use super::{Catalogue, Engine, Reason};

/// What an answer rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// A grant opened the person's history.
    Granted,
    /// Nothing but what the request says.
    PageAlone,
}

/// What a grant opened of the person's past; any other item can only come from the page.
pub(super) struct Past {
    pub(super) looked: BTreeSet<ItemId>,
    pub(super) bought: BTreeSet<ItemId>,
}

impl Past {
    /// The kind of data that an item of a reason comes from.
    fn source(&self, cause: Cause) -> Option<Kind> {
        match cause {
            Cause::Bought { .. } => Some(Kind::PurchaseHistory),
            Cause::Visit { item } => self.looked.contains(&item).then_some(Kind::BrowsingHistory),
            Cause::Suits { item } | Cause::Alike { item } => {
                let bought = self.bought.contains(&item).then_some(Kind::PurchaseHistory);
                bought.or(self.looked.contains(&item).then_some(Kind::BrowsingHistory))
            }
            Cause::Popular { .. } => None,
        }
    }
}

/// The reasons for a score, the largest first; their parts add up to it.
pub(super) fn explain(
    scored: &Scored,
    ground: Ground,
    catalogue: &Catalogue,
    engine: &Engine,
    past: &Past,
) -> Vec<Reason> {
    let name = |item: ItemId| {
        catalogue
            .numbered(item)
            .map(|item| item.name.clone())
            .or_else(|| engine.nameless(item).map(|item| item.id.clone()))
            .unwrap_or_else(|| "another item".to_owned())
    };
    let id = |item: ItemId| {
        catalogue
            .numbered(item)
            .map(|item| item.id.clone())
            .or_else(|| engine.nameless(item).map(|item| item.id.clone()))
    };
    let mut why: Vec<Reason> = Vec::new();
    for contribution in scored.parts() {
        let reason = {
            let (text, cause) = match contribution.cause {
                Cause::Visit { item } => (format!("Because you looked at {}", name(item)), Some(item)),
                Cause::Bought { item, time } => (format!("You bought it on {}", date(time)), Some(item)),
                Cause::Suits { item } => (format!("Often chosen together with {}", name(item)), Some(item)),
                Cause::Popular { context: _ } => ("Popular in this shop at the moment".to_owned(), None),
                Cause::Alike { item } => (format!("Goes with {}", name(item)), Some(item)),
            };
            let data = past.source(contribution.cause).filter(|_| ground == Ground::Granted);
            Reason {
                text,
                part: contribution.part,
                data,
                purpose: data.map(|_| PurposeId::of::<Personalisation>()),
                cause_item: cause.and_then(id),
            }
        };
        // Two models may say the same: one reason then, with both parts.
        match why.iter_mut().find(|known| known.text == reason.text) {
            Some(known) => known.part += reason.part,
            None => why.push(reason),
        }
    }
    why.sort_by(|a, b| b.part.total_cmp(&a.part));
    why
}

fn date(second: i64) -> String {
    Timestamp::from_second(second)
        .map_or_else(|_| "an earlier day".to_owned(), |at| at.strftime("%-d %B %Y").to_string())
}
