//! The bar on standard error. Must never write to standard output, where the answer goes.

use indicatif::{ProgressBar, ProgressStyle};

/// What is being done, and how far it is.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar without anything to do; it shows itself only where somebody sits at a terminal.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        let style = "{bar:30} {percent:>3}%  {msg}  {eta} left";
        bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar }
    }

    /// Begins something of so many steps.
    pub(super) fn begin(&self, what: String, steps: u64) {
        self.bar.set_length(steps);
        self.bar.set_position(0);
        self.bar.reset_eta();
        self.bar.set_message(what);
    }

    /// So many steps are done.
    pub(super) fn at(&self, step: u64) {
        self.bar.set_position(step);
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
