//! Reasons in plain words. A reason names what the person did, the page at hand, or a count; never somebody else.

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

/// The reasons for a score, the largest first; their parts add up to it. `bought` and looked-at items that a grant
/// opened are in `known`; any other item can only come from the page.
pub(super) fn explain(
    scored: &Scored,
    ground: Ground,
    catalogue: &Catalogue,
    engine: &Engine,
    known: &[ItemId],
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
            let (text, cause, data) = match contribution.cause {
                Cause::Visit { item } => {
                    (format!("Because you looked at {}", name(item)), Some(item), Some(Kind::BrowsingHistory))
                }
                Cause::Bought { item, time } => {
                    (format!("You bought it on {}", date(time)), Some(item), Some(Kind::PurchaseHistory))
                }
                Cause::Suits { item } => (
                    format!("Often chosen together with {}", name(item)),
                    Some(item),
                    Some(Kind::PurchaseHistory),
                ),
                Cause::Popular { context: _ } => {
                    ("Popular in this shop at the moment".to_owned(), None, None)
                }
                Cause::Alike { item } => {
                    (format!("Goes with {}", name(item)), Some(item), Some(Kind::BrowsingHistory))
                }
            };
            let personal = ground == Ground::Granted && cause.is_some_and(|item| known.contains(&item));
            Reason {
                text,
                part: contribution.part,
                data: data.filter(|_| personal),
                purpose: personal.then(PurposeId::of::<Personalisation>),
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
