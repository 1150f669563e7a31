//! Fibonacci coding and ranges of it, as GPP's header lists its sections (Global Privacy Platform, "Fibonacci Coding").
//! A list longer than the caller can use must never be built.

use super::SignalError;
use super::bits::{BitReader, BitWriter};

/// The Fibonacci numbers from 1, 2, 3, 5, … that a `u16` needs.
const NUMBERS: [u32; 23] = {
    let mut numbers = [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut at = 2;
    while at < numbers.len() {
        #[expect(clippy::indexing_slicing, reason = "`at` starts at 2 and stays below the length")]
        {
            numbers[at] = numbers[at - 1] + numbers[at - 2];
        }
        at += 1;
    }
    numbers
};

/// Writes a number of 1 or more (Zeckendorf's sum, least number first, closed by a second 1).
fn put(writer: &mut BitWriter, value: u16) {
    let mut rest = u32::from(value);
    let mut bits = Vec::new();
    for number in NUMBERS.iter().rev().skip_while(|number| **number > u32::from(value)) {
        bits.push(rest >= *number);
        if rest >= *number {
            rest -= number;
        }
    }
    bits.iter().rev().for_each(|is| writer.flag(*is));
    writer.flag(true);
}

/// Reads a number.
fn take(reader: &mut BitReader, field: &'static str) -> Result<u16, SignalError> {
    let (mut sum, mut before) = (0_u32, false);
    for number in NUMBERS {
        let is = reader.flag(field)?;
        if is && before {
            return u16::try_from(sum).map_err(|_| SignalError::TooLarge(field));
        }
        if is {
            sum += number;
        }
        before = is;
    }
    match before && reader.flag(field)? {
        true => u16::try_from(sum).map_err(|_| SignalError::TooLarge(field)),
        false => Err(SignalError::TooLarge(field)),
    }
}

/// Writes ascending numbers of 1 or more as `Range(Fibonacci)`: each as the distance to the one before.
pub(super) fn put_all(
    writer: &mut BitWriter,
    numbers: &[u16],
    field: &'static str,
) -> Result<(), SignalError> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            Some((_, last)) if *last >= *number => return Err(SignalError::Undefined(field)),
            _ if *number == 0 => return Err(SignalError::Undefined(field)),
            _ => ranges.push((*number, *number)),
        }
    }
    writer.put(ranges.len() as u64, 12, field)?;
    let mut before = 0;
    for (first, last) in ranges {
        writer.flag(first != last);
        put(writer, first - before);
        if first != last {
            put(writer, last - first);
        }
        before = last;
    }
    Ok(())
}

/// Reads at most `most` ascending numbers.
pub(super) fn take_all(
    reader: &mut BitReader,
    most: usize,
    field: &'static str,
) -> Result<Vec<u16>, SignalError> {
    let mut numbers = Vec::new();
    let mut before = 0_u16;
    for _ in 0..reader.take(12, field)? {
        let is_range = reader.flag(field)?;
        let first = before.checked_add(take(reader, field)?).ok_or(SignalError::TooLarge(field))?;
        let last = match is_range {
            true => first.checked_add(take(reader, field)?).ok_or(SignalError::TooLarge(field))?,
            false => first,
        };
        if usize::from(last - first) + numbers.len() >= most {
            return Err(SignalError::TooLarge(field));
        }
        numbers.extend(first..=last);
        before = last;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::signals::bits::Padding;

    #[test]
    fn numbers_are_coded_as_the_specification_shows() {
        // 1 = 11, 2 = 011, 3 = 0011, 4 = 1011, 7 = 01011: the table in the specification.
        for (number, bits) in [(1, "11"), (2, "011"), (3, "0011"), (4, "1011"), (7, "01011"), (8, "000011")] {
            let mut writer = BitWriter::new();
            put(&mut writer, number);
            assert_eq!(writer.len(), bits.len(), "{number}");
            let mut reader = BitReader::new(&writer.finish(Padding::Compressed)).unwrap();
            let read: String =
                bits.chars().map(|_| if reader.flag("n").unwrap() { '1' } else { '0' }).collect();
            assert_eq!(read, bits);
        }
    }

    #[test]
    fn a_list_longer_than_asked_for_is_never_built() {
        let mut writer = BitWriter::new();
        put_all(&mut writer, &(1..=60_000).collect::<Vec<_>>(), "n").unwrap();
        let text = writer.finish(Padding::Compressed);
        assert_eq!(
            take_all(&mut BitReader::new(&text).unwrap(), 59_999, "n"),
            Err(SignalError::TooLarge("n"))
        );
        assert!(take_all(&mut BitReader::new(&text).unwrap(), 60_000, "n").is_ok());
    }

    proptest! {
        #[test]
        fn lists_come_back(numbers in prop::collection::btree_set(1_u16.., 0..50)) {
            let numbers: Vec<u16> = numbers.into_iter().collect();
            let mut writer = BitWriter::new();
            put_all(&mut writer, &numbers, "n").unwrap();
            let text = writer.finish(Padding::Compressed);
            prop_assert_eq!(take_all(&mut BitReader::new(&text).unwrap(), 50, "n").unwrap(), numbers);
        }

        #[test]
        fn any_bits_are_a_list_or_an_error(text in "[A-Za-z0-9_-]{0,80}") {
            let _ = take_all(&mut BitReader::new(&text).unwrap(), 50, "n");
        }
    }
}
