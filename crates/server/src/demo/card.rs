//! Cards: a thing with its picture and price, and beside a recommended one the reasons for it, in plain words.

use maud::{Markup, html};
use store::ItemKind;

use super::{picture, words};
use crate::recommend::{CatalogueItem, Reason, Recommended};
use crate::simulate::{Article, Product};

/// Further reasons than so many are added up in one line.
const NAMED: usize = 3;

/// A product of the catalogue.
pub(super) fn product(product: &Product) -> Markup {
    html! {
        article.card {
            div.picture { img src=(picture::href(&product.sku)) alt="" width="400" height="300" loading="lazy"; }
            div.about {
                h3 { a href=(format!("/product/{}", product.sku)) { (product.name) } }
                span.brand-name { (product.brand) }
                span.price { (words::price(i64::from(product.price_cents))) }
            }
        }
    }
}

/// A guide of the catalogue.
pub(super) fn guide(article: &Article) -> Markup {
    html! {
        article.card {
            div.picture { img src=(picture::href(&article.slug)) alt="" width="400" height="300" loading="lazy"; }
            div.about {
                h3 { a href=(format!("/article/{}", article.slug)) { (article.title) } }
                span.summary { (article.summary) }
            }
        }
    }
}

/// A recommended product or guide with its reasons.
pub(super) fn recommended(recommended: &Recommended) -> Markup {
    let Recommended { item, score: _, why, link: _ } = recommended;
    html! {
        article.card {
            div.picture { img src=(picture::href(&item.id)) alt="" width="400" height="300" loading="lazy"; }
            div.about {
                h3 { a href=(href(item)) { (item.name) } }
                @match item.kind {
                    ItemKind::Product => {
                        @if let Some(brand) = &item.brand { span.brand-name { (brand) } }
                        @if let Some(cents) = item.price_minor { span.price { (words::price(cents)) } }
                    },
                    ItemKind::Article => span.summary { (item.text) },
                }
            }
            (reasons(item, why))
        }
    }
}

/// The page of an item.
pub(super) fn href(item: &CatalogueItem) -> String {
    match item.kind {
        ItemKind::Product => format!("/product/{}", item.id),
        ItemKind::Article => format!("/article/{}", item.id),
    }
}

fn reasons(item: &CatalogueItem, why: &[Reason]) -> Markup {
    let why = &merged(why);
    let personal = why.iter().any(|reason| reason.data.is_some());
    let shares = shares(why);
    let rest: u32 = shares.iter().skip(NAMED).sum();
    html! {
        details.why data-personal=[personal.then_some("yes")] {
            summary { span { b { "Why?" } " " (why.first().map_or("It goes with this page", |reason| reason.text.as_str())) span.hidden { " – " (item.name) } } }
            div.panel {
                ul {
                    @for (reason, share) in why.iter().zip(&shares).take(NAMED) {
                        li {
                            span { (reason.text) }
                            (bar(*share))
                            span.origin { (origin(reason)) }
                        }
                    }
                    @if why.len() > NAMED {
                        li { span { "And " (why.len() - NAMED) " smaller reasons" } (bar(rest)) }
                    }
                }
                @if !personal {
                    p.alone { "From this page and the whole shop alone; nothing about you was used." }
                }
            }
        }
    }
}

/// The data behind a reason, and what it was used for.
fn origin(reason: &Reason) -> Markup {
    match (reason.data, &reason.purpose) {
        (Some(kind), Some(purpose)) => {
            html! { "From " (words::kind(kind)) ", for “" (words::purpose(purpose.as_str())) "”" }
        }
        (Some(kind), None) => html! { "From " (words::kind(kind)) },
        (None, _) => html! { "Nothing about you" },
    }
}

/// Two models may give one reason: to the person it is one.
fn merged(why: &[Reason]) -> Vec<Reason> {
    let mut merged: Vec<Reason> = Vec::new();
    for reason in why {
        match merged.iter_mut().find(|there| there.text == reason.text && there.data == reason.data) {
            Some(there) => there.part += reason.part,
            None => merged.push(reason.clone()),
        }
    }
    merged.sort_by(|a, b| b.part.total_cmp(&a.part));
    merged
}

/// What part of the score each reason is, in whole percents that add up to a hundred.
fn shares(why: &[Reason]) -> Vec<u32> {
    let total: f64 = why.iter().map(|reason| reason.part.max(0.0)).sum();
    let mut left = 100_u32;
    let last = why.len().saturating_sub(1);
    why.iter()
        .enumerate()
        .map(|(place, reason)| {
            let part = if total > 0.0 { (100.0 * reason.part.max(0.0) / total).round() } else { 0.0 };
            // From 0 to 100 by construction.
            let share = if place == last { left } else { (part as u32).min(left) };
            left -= share;
            share
        })
        .collect()
}

fn bar(share: u32) -> Markup {
    html! {
        span.share {
            svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
                rect.track width="100" height="8" {}
                rect.fill width=(share) height="8" {}
            }
            (share) " %" span.hidden { " of the reason" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(part: f64) -> Reason {
        Reason { text: "t".to_owned(), part, data: None, purpose: None, cause_item: None }
    }

    #[test]
    fn shares_add_up_to_a_hundred() {
        for parts in [
            vec![1.0, 1.0, 1.0],
            vec![0.2],
            vec![5.0, 0.004, 0.003],
            vec![0.0, 0.0],
            vec![0.995, 0.995, 0.01],
        ] {
            let why: Vec<Reason> = parts.iter().map(|part| reason(*part)).collect();
            assert_eq!(shares(&why).iter().sum::<u32>(), 100, "{parts:?}");
        }
        assert!(shares(&[]).is_empty());
    }

    #[test]
    fn one_reason_of_two_models_is_told_once() {
        let told = merged(&[reason(0.2), Reason { text: "u".to_owned(), ..reason(0.3) }, reason(0.2)]);
        assert_eq!(
            told.iter().map(|one| (one.text.as_str(), one.part)).collect::<Vec<_>>(),
            [("t", 0.4), ("u", 0.3)]
        );
    }

    #[test]
    fn a_reason_without_data_says_that_nothing_personal_was_used() {
        let item = CatalogueItem {
            id: "a".to_owned(),
            kind: ItemKind::Product,
            name: "<Boots>".to_owned(),
            brand: None,
            category: Vec::new(),
            price_minor: None,
            currency: None,
            tags: Vec::new(),
            text: String::new(),
            consumable: false,
            fit: None,
            about: Vec::new(),
            region: None,
            stock: None,
            margin_percent: None,
            added: None,
            url: None,
            picture: None,
        };
        let text = reasons(&item, &[reason(1.0)]).into_string();
        assert!(text.contains("nothing about you was used") && text.contains("&lt;Boots&gt;"), "{text}");
    }
}
