//! Help before selling: after a purchase the guides, tracks and care that suit what was bought come before anything else
//! to buy.
//!
//! Must never know where a person lives: a place comes from the page or from the shop itself. A guide that was read in
//! this visit has done its work and leads no more.

use std::sync::Arc;

use models::recommend::repeat::Purchase;
use models::recommend::{Cause, Contribution, ItemId, Scored};

use super::circumstances::same_place;
use super::company::Input;
use super::near::Near;
use super::{Catalogue, Wanted};

const DAY_SECONDS: i64 = 86_400;
/// For so long a purchase asks for help first.
const LEADS_SECONDS: i64 = 21 * DAY_SECONDS;
/// Of how many of the things that were bought last guides lead.
const BOUGHT: usize = 6;
/// How many guides lead.
const LEADING: usize = 3;
/// What a guide that leads is worth: more than all other reasons for an item together.
const LEAD: f64 = 25.0;
/// Less like the purchase than this is no help with it.
const SUITS: f64 = 0.12;
/// At least such a share of its buyers reads what helps with it, and what that is worth beside likeness.
const OFTEN: f64 = 0.15;
const READ: f64 = 0.8;

/// What was bought of late, as a grant opened it, and what the page says was just ordered; the newest first.
pub(super) fn just_bought(
    ordered: &[ItemId],
    purchases: &[Purchase],
    now: i64,
    wanted: Wanted,
) -> Vec<Input> {
    match wanted {
        Wanted::Products => return Vec::new(),
        Wanted::Articles | Wanted::Both => {}
    }
    let recent = purchases.iter().rev().take_while(|purchase| now - purchase.time < LEADS_SECONDS);
    let mut bought: Vec<Input> = Vec::new();
    for item in ordered.iter().copied().chain(recent.map(|purchase| purchase.item)) {
        if bought.len() < BOUGHT && bought.iter().all(|known| known.item != item) {
            bought.push(Input::bought(item));
        }
    }
    bought
}

/// The guides that lead, each with what it helps with.
pub(super) struct Guides(Vec<(ItemId, ItemId, f64)>);

impl Guides {
    /// The best guides for what was bought; `read` are those that were read in this visit.
    pub(super) fn of(
        bought: &[(Input, Arc<Near>)],
        region: Option<&str>,
        read: &[ItemId],
        catalogue: &Catalogue,
    ) -> Self {
        let suits =
            |guide: ItemId| match (catalogue.numbered(guide).and_then(|item| item.region.as_deref()), region)
            {
                (Some(place), Some(here)) if same_place(place, here) => 1.0,
                // Far away, and worth the journey only if nothing is near.
                (Some(_), Some(_)) => 0.3,
                (None, _) | (Some(_), None) => 0.75,
            };
        let mut best: Vec<(ItemId, ItemId, f64)> = Vec::new();
        for (input, near) in bought {
            let alike = near.alike.articles.iter().filter(|(_, likeness)| *likeness >= SUITS);
            // What buyers of it read adds to that, and is enough by itself.
            let read = near.read.iter().filter(|(_, share)| *share >= OFTEN);
            let mut helpful: Vec<(ItemId, f64)> = alike.copied().collect();
            for (guide, share) in read {
                match helpful.iter_mut().find(|(known, _)| known == guide) {
                    Some((_, likeness)) => *likeness += READ * share,
                    None => helpful.push((*guide, READ * share)),
                }
            }
            for (guide, likeness) in &helpful {
                let strength = likeness * suits(*guide);
                match best.iter_mut().find(|(known, _, _)| known == guide) {
                    Some(known) if known.2 < strength => *known = (*guide, input.item, strength),
                    Some(_) => {}
                    None => best.push((*guide, input.item, strength)),
                }
            }
        }
        best.retain(|(guide, _, _)| !read.contains(guide));
        best.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
        best.truncate(LEADING);
        Self(best)
    }

    /// The guides with their reasons, best first.
    pub(super) fn scored(&self) -> Vec<Scored> {
        let scored = |(guide, item, strength): &(ItemId, ItemId, f64)| {
            let part = Contribution { cause: Cause::Helps { item: *item }, part: LEAD * (1.0 + strength) };
            Scored::from_parts(*guide, vec![part])
        };
        self.0.iter().map(scored).collect()
    }
}
