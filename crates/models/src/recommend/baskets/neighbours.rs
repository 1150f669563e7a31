//! The buyers whose baskets resemble these, and what they vote for.
//!
//! User-kNN over sparse vectors: the buyers of each item stand in a list, so that only those who share an item are met. Rare
//! items first, whole lists only, until a given number of entries is read; so a request costs at most that many steps.
//! Must never add up in an order that depends on slots: items by rarity and number, neighbours by similarity and key.
#![expect(
    clippy::indexing_slicing,
    reason = "slots come from the index; cells are made room for before they are read"
)]

use super::history::{Line, norm};
use super::{BasketIndex, BuyerKey, Params};
use crate::recommend::ItemId;

/// Buffers that a worker keeps between requests, so that answering allocates little but the answer.
///
/// It grows to 16 bytes for each buyer and each item. What it holds of a request is overwritten by the next one;
/// [`Worksheet::clear`] empties it at once.
///
/// ```
/// let mut sheet = models::recommend::baskets::Worksheet::new();
/// sheet.clear();
/// ```
#[derive(Debug, Default)]
pub struct Worksheet {
    dots: Sums,
    pub(super) votes: Sums,
    pub(super) near: Vec<Near>,
    /// Σ of the neighbours' similarities.
    pub(super) similarity: f64,
    /// The places of the own lines that were looked up, with their weight in the similarity.
    pub(super) used: Vec<(usize, f64)>,
}

/// A neighbour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub(super) slot: u32,
    pub(super) key: BuyerKey,
    pub(super) similarity: f64,
}

impl Worksheet {
    /// Empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Empties every buffer and gives the memory back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl BasketIndex {
    /// Fills the sheet with the neighbours of these lines and with their votes.
    ///
    /// similarity(u, v) = Σ_j ln((N + 1) / n_j) · x_uj x_vj / (|x_u| |x_v|), N being the number of buyers and n_j those of
    /// item j; an item's vote is Σ over the k most similar of similarity · x_v, by the sum of the similarities.
    pub(super) fn gather(
        &self,
        lines: &[Line],
        own: Option<BuyerKey>,
        params: &Params,
        sheet: &mut Worksheet,
    ) {
        let Worksheet { dots, votes, near, similarity, used } = sheet;
        dots.start(self.buyers.len());
        votes.start(self.posts.len());
        near.clear();
        used.clear();
        *similarity = 0.0;
        if params.neighbours == 0 {
            return;
        }
        let length = norm(lines);
        let list = |line: &Line| self.posts.get(line.item.index()).map_or(&[][..], Vec::as_slice);
        let mut order: Vec<(usize, usize)> = lines.iter().map(|line| list(line).len()).zip(0..).collect();
        order.sort_unstable();
        let mut reads = 0;
        for (buyers, place) in order {
            reads += buyers;
            if reads > params.reads {
                break;
            }
            let rarity = ((self.buyers() as f64 + 1.0) / (buyers.max(1) as f64)).ln();
            let weight = rarity * lines[place].steady / length;
            used.push((place, weight));
            for post in list(&lines[place]) {
                dots.add(post.slot, weight * f64::from(post.weight));
            }
        }
        let own = own.and_then(|key| self.slots.get(&key).copied());
        near.extend(
            dots.iter().filter(|(slot, dot)| Some(*slot) != own && *dot > 0.0).map(|(slot, dot)| Near {
                slot,
                key: self.buyers[slot as usize].key,
                similarity: dot,
            }),
        );
        keep_nearest(near, params.neighbours);
        *similarity = near.iter().fold(0.0, |sum, near| sum + near.similarity);
        for near in near.iter() {
            for line in &self.buyers[near.slot as usize].lines {
                votes.add(line.item.0, near.similarity * line.steady);
            }
        }
    }

    /// What every used line of the asker has of each neighbour's similarity: (line's place, share), neighbour by neighbour.
    pub(super) fn shares(&self, lines: &[Line], sheet: &Worksheet) -> Vec<Vec<(usize, f64)>> {
        let mut used = sheet.used.clone();
        used.sort_unstable_by_key(|(place, _)| *place);
        let shares = |near: &Near| {
            let theirs = &self.buyers[near.slot as usize];
            // Both are in order of items: one pass over the two.
            let mut rest = theirs.lines.iter().peekable();
            let mut shares = Vec::new();
            for (place, weight) in &used {
                let item = lines[*place].item;
                while rest.next_if(|line| line.item < item).is_some() {}
                if let Some(line) = rest.next_if(|line| line.item == item) {
                    shares.push((*place, weight * f64::from((line.steady / theirs.norm) as f32)));
                }
            }
            shares
        };
        sheet.near.iter().map(shares).collect()
    }

    /// A neighbour's entry for an item; 0 if it isn't there.
    pub(super) fn entry(&self, near: &Near, item: ItemId) -> f64 {
        let lines = &self.buyers[near.slot as usize].lines;
        lines.binary_search_by_key(&item, |line| line.item).map_or(0.0, |at| lines[at].steady)
    }
}

/// The k most similar, best first; equal ones by key.
fn keep_nearest(near: &mut Vec<Near>, count: usize) {
    let order = |a: &Near, b: &Near| b.similarity.total_cmp(&a.similarity).then(a.key.cmp(&b.key));
    if near.len() > count {
        near.select_nth_unstable_by(count - 1, order);
        near.truncate(count);
    }
    near.sort_unstable_by(order);
}

/// A sum for each number met, without hashing and without clearing.
#[derive(Debug, Default)]
pub(super) struct Sums {
    cells: Vec<Cell>,
    epoch: u32,
    met: Vec<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    sum: f64,
    epoch: u32,
}

impl Sums {
    fn start(&mut self, numbers: usize) {
        self.met.clear();
        if self.cells.len() < numbers {
            self.cells.resize(numbers, Cell::default());
        }
        if self.epoch == u32::MAX {
            self.cells.fill(Cell::default());
            self.epoch = 0;
        }
        self.epoch += 1;
    }

    fn add(&mut self, number: u32, value: f64) {
        let cell = &mut self.cells[number as usize];
        if cell.epoch != self.epoch {
            *cell = Cell { sum: 0.0, epoch: self.epoch };
            self.met.push(number);
        }
        cell.sum += value;
    }

    /// What was added to a number; 0 if nothing was.
    pub(super) fn get(&self, number: u32) -> f64 {
        self.cells.get(number as usize).filter(|cell| cell.epoch == self.epoch).map_or(0.0, |cell| cell.sum)
    }

    /// Every number met with its sum, in the order in which they were met.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, f64)> {
        self.met.iter().map(|number| (*number, self.cells[*number as usize].sum))
    }
}
