//! Changes of a symmetric matrix that aren't written into it yet: P = base − Σ_k c_k u_k u_kᵀ.
//!
//! Must never answer differently before, during and after they are written in.
#![expect(
    clippy::indexing_slicing,
    reason = "a block of SIDE numbers a change stands for every tile of the base"
)]

use super::tiles::{Entry, SIDE, Tiles};

/// Changes of rank one, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    scales: Vec<f64>,
    // INVARIANT: a block for each tile of a side, in it SIDE numbers for each change: blocks[t][k · SIDE + r] = u_k[t · SIDE + r].
    blocks: Vec<Vec<f64>>,
    /// How many of the oldest are being written in.
    batch: usize,
    // INVARIANT: 0 unless a batch is being written in. Its changes are in the entry (i, j) of the base if and only if both i
    // and j lie in tiles before `cursor`, because an entry is kept in the row of the greater of the two.
    cursor: usize,
}

impl Pending {
    /// How many changes there are.
    pub(super) fn count(&self) -> usize {
        self.scales.len()
    }

    /// Follows the base's growth: in a new row every change so far is zero.
    pub(super) fn reach(&mut self, side: usize) {
        self.blocks.resize(side, vec![0.0; self.scales.len() * SIDE]);
    }

    /// From now on P is what it was, less `scale` · `vector` `vector`ᵀ.
    pub(super) fn push(&mut self, scale: f64, vector: &[f64]) {
        self.scales.push(scale);
        for (block, part) in self.blocks.iter_mut().zip(vector.chunks_exact(SIDE)) {
            block.extend_from_slice(part);
        }
    }

    /// Makes base · `vector` in `sums` into P · `vector`.
    pub(super) fn correct(&self, vector: &[Entry], sums: &mut [f64]) {
        for (k, scale) in self.scales.iter().enumerate() {
            let reach = if k < self.batch { self.cursor * SIDE } else { 0 };
            let (mut early, mut late) = (0.0, 0.0);
            for entry in vector {
                let product = entry.value * self.part(k, entry.row);
                if entry.row < reach { early += product } else { late += product }
            }
            // Written in for an early row of the vector and an early sum; for any other pair still to be taken off.
            let (on_early, on_late) = (scale * late, scale * (early + late));
            for (t, (block, sums)) in self.blocks.iter().zip(sums.chunks_exact_mut(SIDE)).enumerate() {
                let factor = if t * SIDE < reach { on_early } else { on_late };
                let part = &block[k * SIDE..(k + 1) * SIDE];
                sums.iter_mut().zip(part).for_each(|(sum, u)| *sum -= factor * u);
            }
        }
    }

    /// The entry (i, j) of Σ_k c_k u_k u_kᵀ over the changes that the base doesn't hold there yet.
    pub(super) fn at(&self, i: usize, j: usize) -> f64 {
        let from = if i.max(j) < self.cursor * SIDE { self.batch } else { 0 };
        (from..self.scales.len()).map(|k| self.scales[k] * self.part(k, i) * self.part(k, j)).sum()
    }

    /// Writes about `tiles` tiles' worth of changes into the base.
    pub(super) fn fold(&mut self, base: &mut Tiles, tiles: usize) {
        let mut left = tiles;
        while !self.scales.is_empty() && left > 0 {
            if self.cursor == 0 {
                self.batch = self.scales.len();
            }
            while self.cursor < base.side() && left > 0 {
                self.fold_row(base);
                self.cursor += 1;
                left = left.saturating_sub(self.cursor);
            }
            if self.cursor == base.side() {
                self.scales.drain(..self.batch);
                self.blocks.iter_mut().for_each(|block| drop(block.drain(..self.batch * SIDE)));
                (self.batch, self.cursor) = (0, 0);
            }
        }
    }

    fn fold_row(&self, base: &mut Tiles) {
        let of_batch = |t: usize| &self.blocks[t][..self.batch * SIDE];
        let scaled = |(u, scale): (&[f64], &f64)| u.iter().map(|u| u * scale).collect::<Vec<_>>();
        let left: Vec<f64> =
            of_batch(self.cursor).chunks_exact(SIDE).zip(&self.scales).flat_map(scaled).collect();
        for j in 0..=self.cursor {
            base.subtract(self.cursor, j, &left, of_batch(j));
        }
    }

    fn part(&self, k: usize, row: usize) -> f64 {
        self.blocks[row / SIDE][k * SIDE + row % SIDE]
    }
}
