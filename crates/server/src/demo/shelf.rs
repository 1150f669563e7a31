//! A shelf of recommendations: asks the recommender for whoever looks, and says below which purposes it used.

use maud::{Markup, html};
use privacy::consent::Refusal;
use privacy::purpose::PurposeId;

use super::visit::Visit;
use super::{card, words};
use crate::recommend::{Answer, Ask, Recommended, Wanted, recommend};
use crate::web::Problem;

/// What a shelf is asked for.
pub(super) struct Question<'a> {
    /// Where it stands, as the person's record will say.
    pub(super) placement: &'a str,
    /// The item on the page.
    pub(super) item: Option<&'a str>,
    /// Products or guides.
    pub(super) wanted: Wanted,
    /// How many.
    pub(super) count: usize,
}

/// Asks the recommender for whoever looks.
///
/// # Errors
/// [`Problem`] when the store can't be read.
pub(super) fn ask(visit: &Visit, question: &Question<'_>) -> Result<Answer, Problem> {
    ask_after(visit, question, Vec::new())
}

/// Asks for whoever has just ordered something: help with it comes first.
///
/// # Errors
/// [`Problem`] when the store can't be read.
pub(super) fn ask_after(
    visit: &Visit,
    question: &Question<'_>,
    ordered: Vec<String>,
) -> Result<Answer, Problem> {
    let Question { placement, item, wanted, count } = question;
    // What was ordered is in the cart no more.
    let cart = visit.cart.lines().iter().map(|(product, _)| product.sku.clone());
    let cart = cart.filter(|sku| !ordered.contains(sku)).collect();
    let ask = Ask {
        placement: (*placement).to_owned(),
        item: item.map(str::to_owned),
        cart,
        ordered,
        circumstances: visit.circumstances.clone(),
        count: Some(*count),
        content: Some(*wanted),
        opt_out: visit.opt_out,
        ..Ask::of(visit.who())
    };
    recommend(&visit.app, &ask)
}

/// A shelf with its heading and what it rests on; nothing when there is nothing to show.
pub(super) fn shelf(id: &str, title: &str, words: &str, items: &[Recommended], answer: &Answer) -> Markup {
    if items.is_empty() {
        return html! {};
    }
    let guides = items.iter().all(|one| one.item.kind == store::ItemKind::Article);
    html! {
        section.shelf id=(id) aria-labelledby=(format!("{id}-title")) {
            header {
                h2 id=(format!("{id}-title")) { (title) }
                @if !words.is_empty() { p { (words) } }
            }
            ul.grid.guides[guides] { @for one in items { li { (card::recommended(one)) } } }
            (used(&answer.used, &answer.refused))
        }
    }
}

fn used(used: &[PurposeId], refused: &[(PurposeId, Refusal)]) -> Markup {
    html! {
        ul.used aria-label="What this shelf used" {
            @for purpose in used {
                li.yes { "Used: “" (words::purpose(purpose.as_str())) "”, as you agreed" }
            }
            @for (purpose, refusal) in refused {
                @match refusal {
                    Refusal::UnknownSubject => li { "Not used: “" (words::purpose(purpose.as_str())) "” – you haven't been asked, so nothing about you is kept" },
                    other => li.no { "Not used: “" (words::purpose(purpose.as_str())) "” – " (words::refusal(other)) },
                }
            }
        }
    }
}

/// Splits off what the person has bought before and may need again.
pub(super) fn again(items: Vec<Recommended>) -> (Vec<Recommended>, Vec<Recommended>) {
    items.into_iter().partition(|one| {
        one.why
            .iter()
            .any(|reason| reason.data.is_some() && reason.cause_item.as_deref() == Some(one.item.id.as_str()))
            && one.item.consumable
    })
}
