//! A running experiment in force: its split, and its places' rules by variant, made ready once.
//!
//! Which variant somebody sees follows from their name under the purpose `analytics` and from the experiment's own name and
//! start. So it stays the same over places, visits and restarts, leads to nobody, and says nothing about what they see in
//! another experiment.

use std::collections::HashMap;
use std::sync::Arc;

use models::experiment::split::Split;
use privacy::audit::leaf_hash;
use privacy::pseudonym::Pseudonym;
use privacy::purpose::Analytics;
use store::StoredExperiment;

use super::Design;
use crate::placements::{Board, Place};

/// An experiment that runs.
#[derive(Debug)]
pub struct Trial {
    name: String,
    /// The name under which it is kept that somebody saw it.
    message: String,
    split: Split,
    placements: Vec<String>,
    variants: Vec<(String, HashMap<String, Arc<Place>>)>,
}

impl Trial {
    /// Makes an experiment ready over the rules that are set.
    ///
    /// # Errors
    /// What is wrong with it, for the log.
    pub fn new(stored: &StoredExperiment, board: &Board) -> Result<Self, String> {
        let design: Design = serde_json::from_str(&stored.design).map_err(|error| error.to_string())?;
        let mut variants = Vec::new();
        for variant in &design.variants {
            let mut places = HashMap::new();
            for placement in &design.placements {
                let own = board.place(placement);
                let rules = Design::rules(variant, own.rules()).map_err(|error| error.to_string())?;
                places.insert(placement.clone(), Arc::new(Place::new(rules)));
            }
            variants.push((variant.name.clone(), places));
        }
        Ok(Self {
            name: stored.name.clone(),
            message: message(stored),
            split: split(&design)?,
            placements: design.placements,
            variants,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it runs.
    #[must_use]
    pub fn placements(&self) -> &[String] {
        &self.placements
    }

    /// The name under which it is kept that somebody saw it.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The variant that somebody sees in a place.
    pub(super) fn variant(
        &self,
        person: Pseudonym<Analytics>,
        placement: &str,
    ) -> Option<(&str, &Arc<Place>)> {
        let number = self.split.variant(hash(&self.message, person));
        let (name, places) = self.variants.get(number)?;
        places.get(placement).map(|place| (name.as_str(), place))
    }
}

/// The shares of a design.
pub(super) fn split(design: &Design) -> Result<Split, String> {
    let shares: Vec<u32> = design.variants.iter().map(|variant| variant.share).collect();
    Split::new(&shares).map_err(|error| error.to_string())
}

/// The name under which it is kept that somebody saw an experiment.
pub(super) fn message(stored: &StoredExperiment) -> String {
    format!("experiment {} {}", stored.name, stored.started_at)
}

/// A hash of a keyed name and of the experiment's own: nobody without the key can tell it beforehand.
pub(super) fn hash(message: &str, person: Pseudonym<Analytics>) -> u64 {
    let mut bytes = message.as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(person.as_bytes());
    let hash = leaf_hash(&bytes);
    hash.0.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
