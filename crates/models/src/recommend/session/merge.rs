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
}

/// Stands for the end of a list.
const NOBODY: Post = Post { last: i64::MIN, slot: u32::MAX };

impl SessionIndex {
    /// The sessions in the lists of the visit's items, newest first, without `own`, until `near` holds `most`.
    pub(super) fn merge(&self, lists: &[&[Post]], own: Option<u32>, most: usize, near: &mut Vec<Candidate>) {
        let own = own.unwrap_or(u32::MAX);
        near.reserve(lists.iter().map(|list| list.len()).sum::<usize>().min(most));
        match lists.len() {
            0 => {}
            1 => self.merge_few::<1>(lists, own, most, near),
            2 => self.merge_few::<2>(lists, own, most, near),
            3 => self.merge_few::<3>(lists, own, most, near),
            4 => self.merge_few::<4>(lists, own, most, near),
            5 => self.merge_few::<5>(lists, own, most, near),
            6 => self.merge_few::<6>(lists, own, most, near),
            7 => self.merge_few::<7>(lists, own, most, near),
            8 | 9 => self.merge_few::<9>(lists, own, most, near),
            10..=15 => self.merge_few::<15>(lists, own, most, near),
            _ => self.merge_few::<WIDEST>(lists, own, most, near),
        }
    }

    /// The same for at most `N` lists. Which list is next can't be foretold, so the loop doesn't branch on it: every list is
    /// looked at in every step, and those whose end was taken move on.
    fn merge_few<const N: usize>(&self, lists: &[&[Post]], own: u32, most: usize, near: &mut Vec<Candidate>) {
        let mut left: [&[Post]; N] = [&[]; N];
        left.iter_mut().zip(lists).for_each(|(left, list)| *left = list);
        let mut ends: [Post; N] = left.map(|list| *list.last().unwrap_or(&NOBODY));
        while near.len() < most {
            let last = ends.iter().fold(i64::MIN, |last, end| last.max(end.last));
            let mut found = Candidate { slot: u32::MAX, shared: 0 };
            for (position, end) in ends.iter().enumerate() {
                let here = end.last == last;
                found.shared |= u32::from(here) << position;
                found.slot = if here { end.slot } else { found.slot };
            }
            if !found.shared.is_power_of_two() || found.slot == u32::MAX {
                found = self.first_of_one_second(&ends, last);
                if found.shared == 0 {
                    return;
                }
            }
            for (position, (end, list)) in ends.iter_mut().zip(&mut left).enumerate() {
                let rest = list.len() - (found.shared >> position & 1) as usize;
                *list = list.get(..rest).unwrap_or_default();
                *end = *list.last().unwrap_or(&NOBODY);
            }
            if found.slot != own {
                near.push(found);
            }
        }
    }

    /// Of the ends with this time the one that counts as the newest, with all that it shares; of ended lists nothing.
    fn first_of_one_second(&self, ends: &[Post], last: i64) -> Candidate {
        let mut newest: Option<Post> = None;
        let mut shared = 0;
        for (position, end) in ends.iter().enumerate() {
            if end.last != last || end.slot == u32::MAX {
                continue;
            }
            match newest {
                Some(newest) if newest.slot == end.slot => shared |= 1 << position,
                Some(newest) if !self.newer(*end, newest) => {}
                Some(_) | None => {
                    newest = Some(*end);
                    shared = 1 << position;
                }
            }
        }
        Candidate { slot: newest.map_or(u32::MAX, |newest| newest.slot), shared }
    }
}
