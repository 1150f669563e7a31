//! What takes part in an evaluation: a model under a name, that learns from the training part and then answers.
//! Must never be given what is held out.

use std::cell::RefCell;
use std::rc::Rc;

use models::recommend::{ItemId, Scored};

/// A dial and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: String,
}

impl Setting {
    pub(super) fn new(name: impl Into<String>, value: impl std::fmt::Display) -> Self {
        Self { name: name.into(), value: value.to_string() }
    }
}

/// A model that has learned.
pub(super) trait Fitted<Q> {
    /// The best items, best first, at most `count`, with the reasons that add up to their scores.
    fn score(&mut self, question: &Q, count: usize) -> Vec<Scored>;

    /// The same items without their reasons, into `into`: what is timed. A model with a shorter way overrides it.
    fn answer(&mut self, question: &Q, count: usize, into: &mut Vec<ItemId>) {
        into.clear();
        into.extend(self.score(question, count).iter().map(Scored::item));
    }

    /// How its dials stand, for the report.
    fn settings(&self) -> Vec<Setting> {
        Vec::new()
    }
}

/// A fitted model that both stands for itself and is part of the blend.
pub(super) type Shared<Q> = Rc<RefCell<dyn Fitted<Q>>>;

/// A model that can take part.
pub(super) struct Contender<T, Q> {
    /// The word for `--only` and the tables.
    pub(super) name: &'static str,
    /// What it does, in everyday words.
    pub(super) about: &'static str,
    /// Learns from a training part; may choose its dials on what it holds out of that itself.
    pub(super) fit: fn(&T) -> Shared<Q>,
}

/// How those who refuse can be served.
pub(super) struct Serving<T, Q> {
    /// What they see, in everyday words.
    pub(super) name: &'static str,
    /// Learns from those who agree.
    pub(super) fit: fn(&T) -> Shared<Q>,
}

/// Makes a model shareable.
pub(super) fn share<Q>(fitted: impl Fitted<Q> + 'static) -> Shared<Q> {
    Rc::new(RefCell::new(fitted))
}
