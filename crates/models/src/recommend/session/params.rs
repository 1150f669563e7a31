//! The dials of the session model, each with the paper that it comes from.
//!
//! Must never hold anything learned from a person: a setting is a number that a shop may read and write down.

use crate::recommend::damping::Damping;

/// Which items of the visit may not be recommended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exclude {
    /// The current one only (the convention of the literature).
    Current,
    /// All of them.
    Visited,
}

/// How the rarity of an item counts. N is the number of sessions, n those with the item, idf = ln((N + 1) / n), kept above
/// zero for a shop with few sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rarity {
    /// Not at all.
    Ignored,
    /// A factor √idf.
    Root,
    /// A factor idf, as in VMIS-kNN.
    Idf,
    /// A factor 1 + weight · idf, as in VS-kNN's code.
    Boost {
        /// The weight, ≥ 0.
        weight: f64,
    },
}

impl Rarity {
    pub(super) fn factor(self, idf: f64) -> f64 {
        match self {
            Self::Ignored => 1.0,
            Self::Root => idf.sqrt(),
            Self::Idf => idf,
            Self::Boost { weight } => 1.0 + weight * idf,
        }
    }
}

/// How fast a click of the visit loses weight by its place p, 0 being the newest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    /// In a straight line, as in VMIS-kNN: (n − p) / n for a click among the last n; 1 − 0.1 · (p + 1), not below 0, for a
    /// session whose newest shared item stands at place p.
    Linear,
    /// 1 / (1 + rate · p).
    Hyperbolic {
        /// How fast, ≥ 0; 0 is no decay.
        rate: f64,
    },
}

/// The dials of VMIS-kNN and of its refinements.
///
/// STAN (Garg, Gupta, Malhotra, Vig, Shroff, *Sequence and Time Aware Neighborhood for Session-based Recommendations*, SIGIR
/// 2019) weighs a click by its place in the visit (equation 2), a neighbour by its age (3), and an item by its distance from
/// the shared item in the neighbour (4); V-STAN (Ludewig, Mauro, Latifi, Jannach, *Empirical analysis of session-based
/// recommendation algorithms*, UMUAI 2020) adds the rarity of shared items. They use exponentials; here every decay is
/// 1 / (1 + rate · distance), which is as good on the shops tried, needs no library function, and so has the same bits on
/// every machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Params {
    /// m: how many of the newest sessions that share an item with the visit are looked at.
    pub recent: usize,
    /// k: how many of those, the most similar, are neighbours.
    pub neighbours: usize,
    /// How many of the visit's last clicks count (at most 32 distinct items).
    pub last_clicks: usize,
    /// Sessions with more distinct items than this (robots) have no vote, though they take up a place among the neighbours.
    pub longest_session: usize,
    /// Whether rare items count more when they are recommended.
    pub rarity: Rarity,
    /// Whether rare items count more when they are shared.
    pub shared_rarity: Rarity,
    /// How a click loses weight by its place in the visit.
    pub place: Decay,
    /// How a neighbour loses weight by the place in the visit of the newest item that it shares.
    pub newest_shared: Decay,
    /// By what power of its length a neighbour's similarity is divided: [`Damping::Root`] is the cosine of the papers.
    pub length: Damping,
    /// How much a neighbour loses for each day that it is older than the newest one found, ≥ 0.
    pub age_per_day: f64,
    /// How fast an item loses weight by its distance after the shared item in the neighbour, ≥ 0.
    pub after: f64,
    /// The same before the shared item.
    pub before: f64,
    /// What an item next before the shared one is worth, one next after it being worth 1; ≥ 0.
    pub backward: f64,
    /// A factor for items that the visit has seen already, ≥ 0; matters unless those are excluded.
    pub revisit: f64,
    /// What may not come back.
    pub exclude: Exclude,
    /// How many items are wanted.
    pub count: usize,
}

impl Params {
    /// Settings that did well on the validation days of two shops; [`fit`](crate::recommend::visits::fit) finds a shop's own.
    #[must_use]
    pub fn standard(count: usize) -> Self {
        Self {
            recent: 1_000,
            neighbours: 200,
            last_clicks: 9,
            longest_session: 200,
            rarity: Rarity::Idf,
            shared_rarity: Rarity::Root,
            place: Decay::Hyperbolic { rate: 0.5 },
            newest_shared: Decay::Hyperbolic { rate: 0.1 },
            length: Damping::Ignored,
            age_per_day: 0.0,
            after: 0.3,
            before: 0.6,
            backward: 0.8,
            revisit: 1.0,
            exclude: Exclude::Current,
            count,
        }
    }

    /// VMIS-kNN as its paper has it (Kersbergen, Sprangers, Schelter, *Serenade*, SIGMOD 2022).
    #[must_use]
    pub fn vmis(count: usize) -> Self {
        Self {
            recent: 500,
            neighbours: 100,
            last_clicks: 3,
            longest_session: 200,
            rarity: Rarity::Idf,
            shared_rarity: Rarity::Ignored,
            place: Decay::Linear,
            newest_shared: Decay::Linear,
            length: Damping::Ignored,
            age_per_day: 0.0,
            after: 0.0,
            before: 0.0,
            backward: 1.0,
            revisit: 1.0,
            exclude: Exclude::Current,
            count,
        }
    }
}
