//! A dense symmetric matrix in square tiles, of which a large one keeps half, with the three things that EASE does to it: multiply by a
//! thin vector, subtract a product of low rank, invert.
//!
//! Must never know what the rows mean. Rows beyond those in use are those of a diagonal matrix, so that growing is free.
#![expect(
    clippy::indexing_slicing,
    reason = "tile numbers come from `0..side()`, and every tile holds SIDE × SIDE numbers"
)]

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

/// Rows and columns of a tile: 32 KiB of doubles.
pub(super) const SIDE: usize = 64;

/// Tiles of a side up to which the upper half is kept too, in which a row is read 8 times as fast: 10,240 rows, 420 MB.
const MIRRORED: usize = if cfg!(test) { 2 } else { 160 };

/// The matrix isn't positive definite (to rounding).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indefinite;

/// Lower half of a symmetric matrix; tile (i, j), i ≥ j, stands at i (i + 1) / 2 + j, row by row.
#[derive(Clone, Debug, Default)]
pub(super) struct Tiles {
    // INVARIANT: the tiles on the diagonal are whole and symmetric; the number of tiles is side (side + 1) / 2.
    tiles: Vec<Vec<f64>>,
    // INVARIANT: the tile (i, j), i > j, turned over, in the same order, for i < MIRRORED; empty for i = j.
    turned: Vec<Vec<f64>>,
    side: usize,
}

/// An entry of a thin vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) row: usize,
    pub(super) value: f64,
}

impl Tiles {
    /// How many tiles make a side.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The memory of the tiles, in bytes.
    pub(super) fn footprint_bytes(&self) -> usize {
        self.tiles.iter().chain(&self.turned).map(|tile| tile.capacity() * size_of::<f64>()).sum()
    }

    /// Makes room for `rows` rows, the new ones being zero but for `diagonal`.
    pub(super) fn reach(&mut self, rows: usize, diagonal: f64) {
        while self.side * SIDE < rows {
            self.tiles.resize(self.tiles.len() + self.side + 1, vec![0.0; SIDE * SIDE]);
            let last = place(self.side, self.side);
            if self.side < MIRRORED {
                self.turned.resize(last, vec![0.0; SIDE * SIDE]);
                self.turned.push(Vec::new());
            }
            self.side += 1;
            self.tiles[last].iter_mut().step_by(SIDE + 1).for_each(|value| *value = diagonal);
        }
    }

    fn tile(&self, i: usize, j: usize) -> &[f64] {
        &self.tiles[place(i, j)]
    }

    fn take(&mut self, i: usize, j: usize) -> Vec<f64> {
        let place = place(i, j);
        std::mem::take(&mut self.tiles[place])
    }

    fn put(&mut self, i: usize, j: usize, tile: Vec<f64>) {
        let place = place(i, j);
        self.tiles[place] = tile;
    }

    /// The number in `row` and `column`, from the row's own tiles if they are there: they were read just before.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        let (i, j) = (row / SIDE, column / SIDE);
        let (tile, row, column) = if i >= j {
            (self.tile(i, j), row, column)
        } else if j < MIRRORED {
            (self.turned[place(j, i)].as_slice(), row, column)
        } else {
            (self.tile(j, i), column, row)
        };
        tile[row % SIDE * SIDE + column % SIDE]
    }

    /// Puts `value` in `row` and `column`, and in `column` and `row`.
    pub(super) fn set(&mut self, row: usize, column: usize, value: f64) {
        for (row, column) in [(row, column), (column, row)] {
            let (i, j) = (row / SIDE, column / SIDE);
            if i >= j {
                self.tiles[place(i, j)][row % SIDE * SIDE + column % SIDE] = value;
            } else if j < MIRRORED {
                self.turned[place(j, i)][row % SIDE * SIDE + column % SIDE] = value;
            }
        }
    }

    /// Brings the upper half's copy of the tile (i, j) up to date.
    fn turn(&mut self, i: usize, j: usize) {
        if i == j || i >= MIRRORED {
            return;
        }
        let (tile, turned) = (&self.tiles[place(i, j)], &mut self.turned[place(i, j)]);
        for (column, row) in turned.chunks_exact_mut(SIDE).enumerate() {
            row.iter_mut().zip(tile.chunks_exact(SIDE)).for_each(|(value, row)| *value = row[column]);
        }
    }

    /// Adds matrix · `vector` to `sums`. Entries stand in order of rows, so that those in one tile are read together.
    pub(super) fn multiply(&self, vector: &[Entry], sums: &mut [f64]) {
        for group in vector.chunk_by(|a, b| a.row / SIDE == b.row / SIDE) {
            let Some(i) = group.first().map(|entry| entry.row / SIDE) else { continue };
            for (j, sums) in sums.chunks_exact_mut(SIDE).take(self.side).enumerate() {
                if j <= i {
                    add_rows(self.tile(i, j), group, sums);
                } else if j < MIRRORED {
                    add_rows(&self.turned[place(j, i)], group, sums);
                } else {
                    add_columns(self.tile(j, i), group, sums);
                }
            }
        }
    }

    /// Subtracts leftᵀ · right from the tile (i, j); both have `SIDE` columns.
    pub(super) fn subtract(&mut self, i: usize, j: usize, left: &[f64], right: &[f64]) {
        let mut tile = self.take(i, j);
        general_mat_mul(-1.0, &view(left).t(), &view(right), 1.0, &mut view_mut(&mut tile));
        if i == j {
            mirror(&mut tile);
        }
        self.put(i, j, tile);
        self.turn(i, j);
    }

    /// Replaces a positive definite matrix by its inverse: A = L Lᵀ, W = L⁻¹, A⁻¹ = Wᵀ W (Golub & Van Loan, Matrix
    /// Computations, §4.2), a tile at a time and in place; n³ multiplications and additions for n rows.
    ///
    /// # Errors
    /// [`Indefinite`]; the matrix is spoilt then.
    pub(super) fn invert(&mut self) -> Result<(), Indefinite> {
        self.factor()?;
        self.invert_factor();
        self.square_factor();
        (0..self.side).for_each(|i| (0..i).for_each(|j| self.turn(i, j)));
        Ok(())
    }

    /// A → L, but with the inverses of L's diagonal tiles in their places.
    fn factor(&mut self) -> Result<(), Indefinite> {
        for k in 0..self.side {
            let pivot = invert_lower(&cholesky(self.take(k, k))?);
            for i in k + 1..self.side {
                let mut tile = vec![0.0; SIDE * SIDE];
                general_mat_mul(
                    1.0,
                    &view(self.tile(i, k)),
                    &view(&pivot).t(),
                    0.0,
                    &mut view_mut(&mut tile),
                );
                self.put(i, k, tile);
            }
            self.put(k, k, pivot);
            for i in k + 1..self.side {
                for j in k + 1..=i {
                    let mut tile = self.take(i, j);
                    let (left, right) = (view(self.tile(i, k)), view(self.tile(j, k)));
                    general_mat_mul(-1.0, &left, &right.t(), 1.0, &mut view_mut(&mut tile));
                    self.put(i, j, tile);
                }
            }
        }
        Ok(())
    }

    /// L → W: W_ij = −L_ii⁻¹ Σ_{j ≤ k < i} L_ik W_kj. Row by row, left to right, nothing is overwritten that is still needed.
    fn invert_factor(&mut self) {
        let mut sum = vec![0.0; SIDE * SIDE];
        for i in 0..self.side {
            for j in 0..i {
                sum.fill(0.0);
                for k in j..i {
                    let (left, right) = (view(self.tile(i, k)), view(self.tile(k, j)));
                    general_mat_mul(1.0, &left, &right, 1.0, &mut view_mut(&mut sum));
                }
                let mut tile = self.take(i, j);
                general_mat_mul(-1.0, &view(self.tile(i, i)), &view(&sum), 0.0, &mut view_mut(&mut tile));
                self.put(i, j, tile);
            }
        }
    }

    /// W → Wᵀ W: the tile (i, j) is Σ_{k ≥ i} W_kiᵀ W_kj. The tile on the diagonal comes last in its row, as the others need it.
    fn square_factor(&mut self) {
        for i in 0..self.side {
            for j in 0..=i {
                let mut sum = vec![0.0; SIDE * SIDE];
                for k in i..self.side {
                    let (left, right) = (view(self.tile(k, i)), view(self.tile(k, j)));
                    general_mat_mul(1.0, &left.t(), &right, 1.0, &mut view_mut(&mut sum));
                }
                if i == j {
                    mirror(&mut sum);
                }
                self.put(i, j, sum);
            }
        }
    }
}

/// Where the tile (i, j), i ≥ j, stands.
fn place(i: usize, j: usize) -> usize {
    i * (i + 1) / 2 + j
}

/// Adds the rows of a tile to the sums, each times its entry.
fn add_rows(tile: &[f64], group: &[Entry], sums: &mut [f64]) {
    for entry in group {
        let row = &tile[entry.row % SIDE * SIDE..][..SIDE];
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += entry.value * value);
    }
}

/// Adds the columns of a tile to the sums, each times its entry.
fn add_columns(tile: &[f64], group: &[Entry], sums: &mut [f64]) {
    for (sum, row) in sums.iter_mut().zip(tile.chunks_exact(SIDE)) {
        for entry in group {
            *sum += entry.value * row[entry.row % SIDE];
        }
    }
}

#[expect(clippy::expect_used, reason = "whatever is viewed is made of whole rows of SIDE numbers")]
fn view(rows: &[f64]) -> ArrayView2<'_, f64> {
    ArrayView2::from_shape((rows.len() / SIDE, SIDE), rows).expect("whole rows")
}

#[expect(clippy::expect_used, reason = "a tile is made of SIDE rows of SIDE numbers")]
fn view_mut(tile: &mut [f64]) -> ArrayViewMut2<'_, f64> {
    ArrayViewMut2::from_shape((SIDE, SIDE), tile).expect("a whole tile")
}

/// Copies what is below the diagonal above it.
fn mirror(tile: &mut [f64]) {
    for row in 1..SIDE {
        for column in 0..row {
            tile[column * SIDE + row] = tile[row * SIDE + column];
        }
    }
}

/// L of one tile A = L Lᵀ, zero above the diagonal.
fn cholesky(mut tile: Vec<f64>) -> Result<Vec<f64>, Indefinite> {
    for column in 0..SIDE {
        for row in 0..SIDE {
            if row < column {
                tile[row * SIDE + column] = 0.0;
                continue;
            }
            let (a, b) = (&tile[row * SIDE..][..column], &tile[column * SIDE..][..column]);
            let rest = tile[row * SIDE + column] - a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            if row > column {
                tile[row * SIDE + column] = rest / tile[column * SIDE + column];
            } else if rest > 0.0 {
                tile[row * SIDE + column] = rest.sqrt();
            } else {
                return Err(Indefinite);
            }
        }
    }
    Ok(tile)
}

/// L⁻¹ of one tile, by forward substitution.
fn invert_lower(lower: &[f64]) -> Vec<f64> {
    let mut inverse = vec![0.0; SIDE * SIDE];
    for column in 0..SIDE {
        inverse[column * SIDE + column] = 1.0 / lower[column * SIDE + column];
        for row in column + 1..SIDE {
            let sum: f64 = (column..row).map(|k| lower[row * SIDE + k] * inverse[k * SIDE + column]).sum();
            inverse[row * SIDE + column] = -sum / lower[row * SIDE + row];
        }
    }
    inverse
}
