//! By how much a count makes something worth less: the power of it that a score is divided by.
//!
//! Must never use a library power function: roots have the same bits on every machine.

/// The power of a count by which something is divided.
///
/// Of an item-to-item score count / (nᵢ^α · nⱼ^β), α = β = ½ is the cosine; α = 1, β = 0 the share of those with i who have j.
///
/// ```
/// use models::recommend::damping::Damping;
/// assert_eq!(Damping::Root.divisor(16), 4.0);
/// assert_eq!(Damping::FourthRoot.divisor(16), 2.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damping {
    /// The power 0: not at all.
    Ignored,
    /// The power ¼.
    FourthRoot,
    /// The power ½.
    Root,
    /// The power 1.
    Whole,
}

impl Damping {
    /// What to divide by; 1 for a count of 0.
    #[must_use]
    pub fn divisor(self, count: usize) -> f64 {
        let count = count.max(1) as f64;
        match self {
            Self::Ignored => 1.0,
            Self::FourthRoot => count.sqrt().sqrt(),
            Self::Root => count.sqrt(),
            Self::Whole => count,
        }
    }
}
