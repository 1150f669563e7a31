//! The newest sessions that share something with a visit: one merge of the posting lists of its items, from their newest ends.
//!
//! Must never give a session twice, or in another order than newest first.

use super::{Post, SessionIndex};

/// At most so many distinct items of a visit can be asked about: the bits of [`Candidate::shared`].
pub(super) const WIDEST: usize = 32;

/// A session that shares something: bit p of `shared` is set if it holds the visit's p-th newest item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) slot: u32,
    pub(super) shared: u32,
    /// How many distinct items it has.
    pub(super) length: u32,
}

/// What hasn't been merged yet of the posting list of the item with this bit, newest last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) list: &'a [Post],
    pub(super) bit: u32,
}

/// Stands for the end of a list.
const NOBODY: Post = Post { last: i64::MIN, slot: u32::MAX, length: 0 };

impl SessionIndex {
    /// The sessions in the lists, newest first, without `own`, until `near` holds `most`.
    pub(super) fn merge(&self, heads: &[Head<'_>], own: Option<u32>, most: usize, near: &mut Vec<Candidate>) {
        let own = own.unwrap_or(u32::MAX);
        near.reserve(heads.iter().map(|head| head.list.len()).sum::<usize>().min(most));
        match heads.len() {
            0 => {}
            1 => self.merge_few::<1>(heads, own, most, near),
            2 => self.merge_few::<2>(heads, own, most, near),
            3 => self.merge_few::<3>(heads, own, most, near),
            4 => self.merge_few::<4>(heads, own, most, near),
            5 => self.merge_few::<5>(heads, own, most, near),
            6 => self.merge_few::<6>(heads, own, most, near),
            7 | 8 => self.merge_few::<8>(heads, own, most, near),
            9..=12 => self.merge_few::<12>(heads, own, most, near),
            13..=16 => self.merge_few::<16>(heads, own, most, near),
            _ => self.merge_few::<WIDEST>(heads, own, most, near),
        }
    }

    /// The same for at most `N` lists. Which list is next can't be foretold, so the loop doesn't branch on it: every list is
    /// looked at in every step, and those whose end was taken move on.
    fn merge_few<const N: usize>(
        &self,
        heads: &[Head<'_>],
        own: u32,
        most: usize,
        near: &mut Vec<Candidate>,
    ) {
        let mut left: [Head<'_>; N] = [Head { list: &[], bit: 0 }; N];
        left.iter_mut().zip(heads).for_each(|(left, head)| *left = *head);
        let mut ends: [Post; N] = left.map(|head| *head.list.last().unwrap_or(&NOBODY));
        while near.len() < most {
            let last = ends.iter().fold(i64::MIN, |last, end| last.max(end.last));
            let mut found = Candidate { slot: u32::MAX, shared: 0, length: 0 };
            let mut alone = true;
            for (end, head) in ends.iter().zip(&left) {
                let here = end.last == last && end.slot != u32::MAX;
                alone &= !here || found.shared == 0 || end.slot == found.slot;
                found.slot = if here { end.slot } else { found.slot };
                found.length = if here { end.length } else { found.length };
                found.shared |= if here { head.bit } else { 0 };
            }
            if !alone {
                found = self.first_of_one_second(&ends, &left, last);
            }
            if found.shared == 0 {
                return;
            }
            for (end, head) in ends.iter_mut().zip(&mut left) {
                let rest = head.list.len() - usize::from(found.shared & head.bit != 0);
                head.list = head.list.get(..rest).unwrap_or_default();
                *end = *head.list.last().unwrap_or(&NOBODY);
            }
            if found.slot != own {
                near.push(found);
            }
        }
    }

    /// Of several sessions that were last seen at the same time, the one that counts as the newest.
    #[cold]
    fn first_of_one_second(&self, ends: &[Post], heads: &[Head<'_>], last: i64) -> Candidate {
        let here = || ends.iter().zip(heads).filter(|(end, _)| end.last == last && end.slot != u32::MAX);
        let newest = here().map(|(end, _)| *end).reduce(|a, b| if self.newer(b, a) { b } else { a });
        let Post { last: _, slot, length } = newest.unwrap_or(NOBODY);
        let same = here().filter(|(end, _)| end.slot == slot);
        Candidate { slot, shared: same.fold(0, |shared, (_, head)| shared | head.bit), length }
    }
}
