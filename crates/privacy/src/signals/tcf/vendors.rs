//! Sets of vendors, and how they are written: as one bit each, or as ranges, whichever is shorter.
//! A hostile string must never cost more than a few kilobytes and milliseconds to read.

use std::num::NonZeroU16;

use crate::signals::SignalError;
use crate::signals::bits::{BitReader, BitWriter};

/// A vendor's number on the Global Vendor List, from 1.
pub type VendorId = NonZeroU16;

/// A set of vendors.
///
/// ```
/// use privacy::signals::tcf::{VendorId, VendorSet};
/// let vendors: VendorSet = [755, 8].into_iter().filter_map(VendorId::new).collect();
/// assert_eq!(vendors.iter().map(VendorId::get).collect::<Vec<_>>(), [8, 755]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VendorSet {
    /// A bit for each number. INVARIANT: the last word isn't 0, so that equal sets are equal.
    words: Vec<u64>,
}

impl VendorSet {
    /// Nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self { words: Vec::new() }
    }

    /// Adds a vendor.
    pub fn insert(&mut self, vendor: VendorId) {
        self.insert_range(vendor, vendor);
    }

    /// Adds all from `first` to `last`; nobody if `last` comes before `first`.
    pub fn insert_range(&mut self, first: VendorId, last: VendorId) {
        if last < first {
            return;
        }
        let (first, last) = (usize::from(first.get()), usize::from(last.get()));
        if self.words.len() <= last / 64 {
            self.words.resize(last / 64 + 1, 0);
        }
        for (at, word) in self.words.iter_mut().enumerate().take(last / 64 + 1).skip(first / 64) {
            let low = if at == first / 64 { u64::MAX << (first % 64) } else { u64::MAX };
            let high = if at == last / 64 { u64::MAX >> (63 - last % 64) } else { u64::MAX };
            *word |= low & high;
        }
    }

    /// Whether the vendor is among them.
    #[must_use]
    pub fn contains(&self, vendor: VendorId) -> bool {
        let vendor = usize::from(vendor.get());
        self.words.get(vendor / 64).is_some_and(|word| word >> (vendor % 64) & 1 == 1)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// All of them, ascending.
    pub fn iter(&self) -> impl Iterator<Item = VendorId> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 == 1)
                .filter_map(move |bit| u16::try_from(at * 64 + bit).ok().and_then(VendorId::new))
        })
    }

    /// Runs of neighbours, ascending.
    pub(super) fn ranges(&self) -> Vec<(VendorId, VendorId)> {
        let mut ranges: Vec<(VendorId, VendorId)> = Vec::new();
        for vendor in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(vendor) => *last = vendor,
                _ => ranges.push((vendor, vendor)),
            }
        }
        ranges
    }

    /// Writes `MaxVendorId`, `IsRangeEncoding` and the shorter of the two forms; ranges where both are as long, as
    /// `@iabgpp/cmpapi` does. (`@iabtcf/core` reckons a single vendor in a range one bit too short and doesn't count
    /// the last range, so that it sometimes takes the longer form. Everybody reads both.)
    pub(super) fn write(&self, writer: &mut BitWriter, field: &'static str) -> Result<(), SignalError> {
        let ranges = self.ranges();
        let most = ranges.last().map_or(0, |(_, last)| last.get());
        let as_ranges: usize = 12 + ranges.iter().map(|(a, b)| if a == b { 17 } else { 33 }).sum::<usize>();
        writer.put(most.into(), 16, field)?;
        if as_ranges <= usize::from(most) {
            writer.flag(true);
            return write_ranges(&ranges, writer, field);
        }
        writer.flag(false);
        (1..=most).filter_map(VendorId::new).for_each(|vendor| writer.flag(self.contains(vendor)));
        Ok(())
    }

    pub(super) fn read(reader: &mut BitReader, field: &'static str) -> Result<Self, SignalError> {
        let most = reader.short(16, field)?;
        if reader.flag(field)? {
            return Self::read_ranges(reader, field);
        }
        let mut vendors = Self::new();
        for vendor in (1..=most).filter_map(VendorId::new) {
            if reader.flag(field)? {
                vendors.insert(vendor);
            }
        }
        Ok(vendors)
    }

    /// Writes the number of ranges and the ranges.
    pub(super) fn write_as_ranges(
        &self,
        writer: &mut BitWriter,
        field: &'static str,
    ) -> Result<(), SignalError> {
        write_ranges(&self.ranges(), writer, field)
    }

    pub(super) fn read_ranges(reader: &mut BitReader, field: &'static str) -> Result<Self, SignalError> {
        let mut vendors = Self::new();
        let vendor = |reader: &mut BitReader| {
            VendorId::new(reader.short(16, field)?).ok_or(SignalError::Undefined(field))
        };
        for _ in 0..reader.take(12, field)? {
            let is_range = reader.flag(field)?;
            let first = vendor(reader)?;
            let last = if is_range { vendor(reader)? } else { first };
            if last < first {
                return Err(SignalError::Undefined(field));
            }
            vendors.insert_range(first, last);
        }
        Ok(vendors)
    }
}

fn write_ranges(
    ranges: &[(VendorId, VendorId)],
    writer: &mut BitWriter,
    field: &'static str,
) -> Result<(), SignalError> {
    writer.put(ranges.len() as u64, 12, field)?;
    for (first, last) in ranges {
        writer.flag(first != last);
        writer.put(first.get().into(), 16, field)?;
        if first != last {
            writer.put(last.get().into(), 16, field)?;
        }
    }
    Ok(())
}

impl FromIterator<VendorId> for VendorSet {
    fn from_iter<I: IntoIterator<Item = VendorId>>(all: I) -> Self {
        let mut vendors = Self::new();
        all.into_iter().for_each(|vendor| vendors.insert(vendor));
        vendors
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::signals::bits::Padding;

    fn set(ids: impl IntoIterator<Item = u16>) -> VendorSet {
        ids.into_iter().filter_map(VendorId::new).collect()
    }

    #[test]
    fn the_shorter_form_is_written() {
        let check = |vendors: VendorSet, bits: usize| {
            let mut writer = BitWriter::new();
            vendors.write(&mut writer, "v").unwrap();
            assert_eq!(writer.len(), bits);
            let read =
                VendorSet::read(&mut BitReader::new(&writer.finish(Padding::Traditional)).unwrap(), "v");
            assert_eq!(read, Ok(vendors));
        };
        check(set([]), 17);
        check(set([28]), 17 + 28);
        check(set([29]), 17 + 12 + 17);
        check(set([1, 8, 755]), 17 + 12 + 3 * 17);
        check(set(1..=45), 17 + 12 + 33);
        check(set((1..=1000).step_by(2)), 17 + 999);
        check(set(1..=u16::MAX), 17 + 12 + 33);
        check(set((1..=u16::MAX).step_by(2)), 17 + 65_535);
    }

    #[test]
    fn a_range_backwards_or_from_nobody_is_an_error() {
        for (first, last) in [(2, 1), (0, 3)] {
            let mut writer = BitWriter::new();
            for (value, width) in [(9, 16), (1, 1), (1, 12), (1, 1), (first, 16), (last, 16)] {
                writer.put(value, width, "v").unwrap();
            }
            let text = writer.finish(Padding::Traditional);
            let read = VendorSet::read(&mut BitReader::new(&text).unwrap(), "v");
            assert_eq!(read, Err(SignalError::Undefined("v")));
        }
    }

    proptest! {
        #[test]
        fn sets_are_sets(ids in prop::collection::vec((1_u16.., 0_u16..300), 0..20)) {
            let (mut vendors, mut plain) = (VendorSet::new(), BTreeSet::new());
            for (first, more) in ids {
                let last = first.saturating_add(more);
                vendors.insert_range(VendorId::new(first).unwrap(), VendorId::new(last).unwrap());
                plain.extend(first..=last);
            }
            prop_assert_eq!(vendors.iter().map(VendorId::get).collect::<BTreeSet<_>>(), plain.clone());
            prop_assert_eq!(set(plain), vendors.clone());
            let mut writer = BitWriter::new();
            vendors.write(&mut writer, "v").unwrap();
            let text = writer.finish(Padding::Traditional);
            prop_assert_eq!(VendorSet::read(&mut BitReader::new(&text).unwrap(), "v"), Ok(vendors));
        }
    }
}
