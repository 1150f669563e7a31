//! What every feature shares: the store, the law in force, the recommender, the clock. Must hold no state of its own
//! that a restart could not rebuild from the store.

use std::sync::Arc;

use jiff::Timestamp;
use privacy::entropy::{Entropy, NoEntropy};
use privacy::register::Register;
use privacy::vault::Vault;
use store::Store;

use crate::operate::Metrics;
use crate::question::Texts;
use crate::recommend::Engine;

/// Tells the time. The server passes the machine's clock, tests their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The machine's clock.
#[must_use]
pub fn machine_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(out).map_err(|_| NoEntropy)
    }
}

/// The running shop server, shared by every request and job.
pub struct App {
    /// The store; all personal data is behind it.
    pub store: Store,
    /// The recommender.
    pub engine: Engine,
    /// The rules of the places that it fills.
    pub placements: crate::placements::Placements,
    /// Who saw what in an experiment, on its way into the vault.
    pub experiments: crate::experiments::Experiments,
    /// Figures for Prometheus.
    pub metrics: Metrics,
    /// Tells the time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The hash of the operator's API token.
    pub operator_token: crate::web::TokenHash,
    /// Who is signed in to the privacy centre.
    pub sessions: crate::web::Sessions,
    /// The ways into the privacy centre.
    pub doors: crate::privacy_centre::Doors,
    /// The words of the question, in each language.
    pub texts: Texts,
    /// How much is on its way into the store.
    pub load: crate::intake::Load,
    /// What only the demo shop has.
    pub demo: Option<crate::demo::Shop>,
}

impl App {
    /// Now, by this server's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The declaration in force.
    #[must_use]
    pub fn register(&self) -> &Register {
        &self.store.law().register
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &Arc<Vault> {
        self.store.vault()
    }
}
