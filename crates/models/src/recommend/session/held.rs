//! The distinct items of one session in the order of their first look, kept where a vote finds them with one reach into memory.
//!
//! Must never depend on the order of arrival: it follows from the session's clicks alone.

use super::{Click, ItemId};
use rustc_hash::FxHashSet;

const FEW: usize = 7;

/// Up to seven items stand in the table itself, more of them elsewhere. None lies across two cache lines.
#[derive(Clone, Debug)]
#[repr(align(32))]
pub(super) enum Held {
    Few { count: u8, items: [ItemId; FEW] },
    Many(Vec<ItemId>),
}

impl Default for Held {
    fn default() -> Self {
        Self::Few { count: 0, items: [ItemId(0); FEW] }
    }
}

impl Held {
    /// The distinct items of clicks that are in order.
    pub(super) fn of(clicks: &[Click]) -> Self {
        let mut held = Self::default();
        if clicks.len() <= 32 {
            for click in clicks {
                if !held.contains(click.item) {
                    held.push(click.item);
                }
            }
        } else {
            let mut seen = FxHashSet::default();
            clicks.iter().filter(|click| seen.insert(click.item)).for_each(|click| held.push(click.item));
        }
        held
    }

    pub(super) fn as_slice(&self) -> &[ItemId] {
        match self {
            Self::Few { count, items } => items.get(..usize::from(*count)).unwrap_or(items),
            Self::Many(items) => items,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Where an item stands that is known to be here.
    pub(super) fn place_of(&self, item: ItemId) -> usize {
        match self {
            // All are compared, whatever is found: where the item stands can't be foretold.
            Self::Few { count: _, items } => {
                let same =
                    |same: u32, (place, other): (usize, &ItemId)| same | u32::from(*other == item) << place;
                items.iter().enumerate().fold(0, same).trailing_zeros() as usize
            }
            Self::Many(items) => items.iter().position(|other| *other == item).unwrap_or_default(),
        }
    }

    pub(super) fn contains(&self, item: ItemId) -> bool {
        self.as_slice().contains(&item)
    }

    pub(super) fn push(&mut self, item: ItemId) {
        match self {
            Self::Few { count, items } => match items.get_mut(usize::from(*count)) {
                Some(place) => {
                    *place = item;
                    *count += 1;
                }
                None => {
                    let mut many = items.to_vec();
                    many.push(item);
                    *self = Self::Many(many);
                }
            },
            Self::Many(items) => items.push(item),
        }
    }

    /// Bytes outside the table.
    pub(super) fn spilled_bytes(&self) -> usize {
        match self {
            Self::Few { .. } => 0,
            Self::Many(items) => items.capacity() * size_of::<ItemId>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_stand_once_in_the_order_of_the_first_look() {
        for length in [1, 7, 8, 9, 31, 33, 70] {
            let clicks: Vec<Click> = (0..2 * length)
                .map(|time| Click { time, item: ItemId((time * 5 % length) as u32) })
                .collect();
            let mut expected: Vec<ItemId> = Vec::new();
            for click in &clicks {
                if !expected.contains(&click.item) {
                    expected.push(click.item);
                }
            }
            assert_eq!(Held::of(&clicks).as_slice(), expected);
        }
    }

    #[test]
    fn two_sessions_fit_a_cache_line() {
        assert_eq!(size_of::<Held>(), 32);
    }
}
