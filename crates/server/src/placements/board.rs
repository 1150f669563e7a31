//! All places' rules and running experiments as they are in force: one shared book, exchanged as a whole when something
//! changes. An answer takes the book as it is and waits for nothing.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use models::recommend::ItemId;
use privacy::store::StoreError;
use store::Snapshot;

use super::{Compiled, Rules};
use crate::experiments::Trial;
use crate::recommend::Catalogue;

/// A place with its rules, and these in numbers for the catalogue at hand.
#[derive(Debug)]
pub struct Place {
    rules: Rules,
    compiled: RwLock<Option<(Arc<Catalogue>, Arc<Compiled>)>>,
}

impl Place {
    /// A place with these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, compiled: RwLock::new(None) }
    }

    /// Its rules.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rules in numbers, made when the rules or the catalogue are new.
    pub(crate) fn compiled(
        &self,
        catalogue: &Arc<Catalogue>,
        currency: &str,
        known: impl Fn(&str) -> Option<ItemId>,
    ) -> Arc<Compiled> {
        let kept = self.compiled.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_for, compiled)) = &*kept
            && Arc::ptr_eq(made_for, catalogue)
        {
            return Arc::clone(compiled);
        }
        drop(kept);
        let compiled = Arc::new(Compiled::new(&self.rules, catalogue, currency, known));
        let mut kept = self.compiled.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((Arc::clone(catalogue), Arc::clone(&compiled)));
        compiled
    }
}

/// What is in force at one moment.
#[derive(Debug)]
pub struct Board {
    places: HashMap<String, Arc<Place>>,
    otherwise: Arc<Place>,
    /// The experiment that runs in a place.
    trials: HashMap<String, Arc<Trial>>,
}

impl Board {
    /// Reads rules and experiments. What can't be read is left out and named in the log.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read.
    fn read(tx: &Snapshot<'_>) -> Result<Self, StoreError> {
        let mut places: HashMap<String, Arc<Place>> = HashMap::new();
        for stored in tx.placements()? {
            match serde_json::from_str(&stored.rules) {
                Ok(rules) => {
                    places.insert(stored.name, Arc::new(Place::new(rules)));
                }
                Err(error) => {
                    tracing::error!(placement = stored.name, error.cause = %error, "rules can't be read");
                }
            }
        }
        let otherwise = match places.get("default") {
            Some(place) => Arc::clone(place),
            None => Arc::new(Place::new(Rules::default())),
        };
        let mut board = Self { places, otherwise, trials: HashMap::new() };
        for stored in tx.experiments()?.into_iter().filter(|stored| stored.ended_at.is_none()) {
            match Trial::new(&stored, &board) {
                Ok(trial) => {
                    let trial = Arc::new(trial);
                    for placement in trial.placements() {
                        board.trials.insert(placement.clone(), Arc::clone(&trial));
                    }
                }
                Err(why) => {
                    tracing::error!(
                        experiment = stored.name,
                        error.cause = why,
                        "an experiment can't be read"
                    );
                }
            }
        }
        Ok(board)
    }

    /// The place of this name, or how places are filled for which nothing was set.
    #[must_use]
    pub fn place(&self, name: &str) -> &Arc<Place> {
        self.places.get(name).unwrap_or(&self.otherwise)
    }

    /// The experiment that runs in a place.
    #[must_use]
    pub fn trial(&self, placement: &str) -> Option<&Arc<Trial>> {
        self.trials.get(placement)
    }
}

/// The board, shared by every request. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Placements {
    board: Arc<RwLock<Arc<Board>>>,
}

impl Placements {
    /// Reads what is in force.
    ///
    /// # Errors
    /// [`StoreError`] when the store can't be read.
    pub fn open(store: &store::Store) -> Result<Self, StoreError> {
        let board = store.read(|tx| Board::read(tx))?;
        Ok(Self { board: Arc::new(RwLock::new(Arc::new(board))) })
    }

    /// What is in force.
    #[must_use]
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.board.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Inside a write that changed rules or experiments: brings them into force with the commit.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read again; the write should fail then.
    pub fn follow(&self, tx: &store::WriteTx<'_>) -> Result<(), StoreError> {
        let board = Arc::new(Board::read(tx)?);
        let shared = Arc::clone(&self.board);
        tx.after_commit(Box::new(move || {
            *shared.write().unwrap_or_else(PoisonError::into_inner) = board;
        }));
        Ok(())
    }
}
