//! Statistics about people, which may leave only as an [`Aggregate`]: over enough different people that nobody
//! stands out. A number that passed no threshold must never get this type.

/// A figure about at least `k` different people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aggregate<T> {
    value: T,
}

impl<T> Aggregate<T> {
    /// The figure.
    #[must_use]
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The figure, taken out.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }
}

/// The least number of different people that a released figure must be about (k-anonymity, Sweeney 2002).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    people: u32,
}

impl Threshold {
    /// A threshold of `people`, at least 2: a figure about one person is that person's.
    ///
    /// ```
    /// use privacy::aggregate::Threshold;
    /// let k = Threshold::of(5);
    /// assert_eq!(k.release(7, "sold").map(|figure| figure.into_value()), Some("sold"));
    /// assert!(k.release(4, "sold").is_none());
    /// ```
    #[must_use]
    pub const fn of(people: u32) -> Self {
        Self { people: if people < 2 { 2 } else { people } }
    }

    /// The least number of people.
    #[must_use]
    pub const fn people(self) -> u32 {
        self.people
    }

    /// Releases a figure about `people` different people, or nothing if they are too few.
    #[must_use]
    pub fn release<T>(self, people: u32, value: T) -> Option<Aggregate<T>> {
        (people >= self.people).then_some(Aggregate { value })
    }
}
