//! What a campaign covers in the catalogue as it is now, and what of that is sensitive. Looked up anew each time, so that
//! an approval never reaches goods that came later. Nothing here is about a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use privacy::sensitive::{Finding, Findings, SensitiveKind};
use store::ItemKind;

use super::{About, Campaign};
use crate::recommend::{Catalogue, CatalogueItem, Engine};

/// What a campaign covers.
#[derive(Debug, Clone)]
pub(super) struct Range {
    /// Its items, those of the whole shop too.
    pub(super) items: Vec<Arc<CatalogueItem>>,
    /// What of it is sensitive, and why.
    pub(super) findings: Findings,
    /// The kinds of each item that is sensitive.
    pub(super) kinds: BTreeMap<String, BTreeSet<SensitiveKind>>,
    /// How answers name its items.
    pub(super) extent: Extent,
}

/// How an answer names goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// By what remains.
    Named,
    /// By what to leave out: it is the whole shop, or too much to name for each person.
    AllBut,
}

/// Of more items than this, what is left out for a person is named, not what remains.
const MOST_NAMED: usize = 200;
/// How what is sensitive about a campaign's own words is named.
const ITS_WORDS: &str = "(its words)";

/// What a campaign covers now. Its own words are looked over like a name: they too say something to whoever gets them.
pub(super) fn range(engine: &Engine, campaign: &Campaign) -> Range {
    let silence = engine.silence();
    let items = covered(engine, &campaign.about);
    let finding =
        |item: &Arc<CatalogueItem>| Finding { item: item.id.clone(), matches: silence.matches(item) };
    let words = Finding { item: ITS_WORDS.to_owned(), matches: silence.matches_in(&campaign.words) };
    let findings = Findings::new(items.iter().map(finding).chain([words]));
    let kinds = findings.touched();
    let extent = match campaign.about {
        About::Items(_) | About::Categories(_) if items.len() <= MOST_NAMED => Extent::Named,
        About::Items(_) | About::Categories(_) | About::All => Extent::AllBut,
    };
    Range { items, findings, kinds, extent }
}

/// The items that something is about now.
pub(super) fn covered(engine: &Engine, about: &About) -> Vec<Arc<CatalogueItem>> {
    let catalogue = engine.catalogue();
    match about {
        About::Items(ids) => ids.iter().filter_map(|id| catalogue.get(id)).cloned().collect(),
        About::Categories(names) => in_categories(&catalogue, names),
        About::All => {
            let silence = engine.silence();
            let products = catalogue.items().iter().filter(|item| item.kind == ItemKind::Product);
            products.filter(|item| silence.kinds(&item.id).is_none()).cloned().collect()
        }
    }
}

fn in_categories(catalogue: &Catalogue, names: &BTreeSet<String>) -> Vec<Arc<CatalogueItem>> {
    let names: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    let within =
        |item: &&Arc<CatalogueItem>| item.category.iter().any(|name| names.contains(&name.to_lowercase()));
    catalogue.items().iter().filter(within).cloned().collect()
}
