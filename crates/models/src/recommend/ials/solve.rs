//! Small dense linear systems: what alternating least squares solves once for each row and each item.
//!
//! Must never meet a matrix that isn't positive definite; callers add a multiple of the identity above zero.
#![expect(clippy::indexing_slicing, reason = "matrices have side × side numbers, vectors side")]

/// Symmetric, row by row; only the half below the diagonal is read and written.
#[derive(Clone, Debug)]
pub(super) struct Small {
    side: usize,
    values: Vec<f64>,
}

impl Small {
    pub(super) fn zero(side: usize) -> Self {
        Self { side, values: vec![0.0; side * side] }
    }

    /// `scale` · `other` + `diagonal` · I.
    pub(super) fn start(&mut self, other: &Self, scale: f64, diagonal: f64) {
        self.values.iter_mut().zip(&other.values).for_each(|(value, other)| *value = scale * other);
        self.values.iter_mut().step_by(self.side + 1).for_each(|value| *value += diagonal);
    }

    /// Adds `weight` · v vᵀ.
    pub(super) fn add_square(&mut self, weight: f64, vector: &[f64]) {
        for (row, (values, v)) in self.values.chunks_exact_mut(self.side).zip(vector).enumerate() {
            let scale = weight * v;
            values[..=row].iter_mut().zip(vector).for_each(|(value, v)| *value += scale * v);
        }
    }

    /// Replaces the matrix by L with L Lᵀ = it.
    pub(super) fn factor(&mut self) {
        let side = self.side;
        for row in 0..side {
            let (done, rest) = self.values.split_at_mut(row * side);
            let own = &mut rest[..side];
            for column in 0..row {
                let other = &done[column * side..][..=column];
                own[column] = (own[column] - dot(&own[..column], &other[..column])) / other[column];
            }
            own[row] = (own[row] - dot(&own[..row], &own[..row])).max(f64::MIN_POSITIVE).sqrt();
        }
    }

    /// After [`Small::factor`]: replaces b by (L Lᵀ)⁻¹ b.
    pub(super) fn solve(&self, b: &mut [f64]) {
        let side = self.side;
        for row in 0..side {
            let own = &self.values[row * side..][..=row];
            b[row] = (b[row] - dot(&own[..row], &b[..row])) / own[row];
        }
        for row in (0..side).rev() {
            let own = &self.values[row * side..][..=row];
            b[row] /= own[row];
            let value = b[row];
            b[..row].iter_mut().zip(own).for_each(|(b, l)| *b -= value * l);
        }
    }
}

/// Σ a_k b_k over the shorter of the two, in a fixed order.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (a4, b4) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a4.remainder().iter().zip(b4.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a4.zip(b4) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane += a * b);
    }
    lanes.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solution_matches_hand_computation() {
        // [[4, 2], [2, 3]] x = [8, 7] has x = [5/4, 3/2].
        let mut matrix = Small::zero(2);
        matrix.add_square(1.0, &[2.0, 1.0]);
        matrix.add_square(2.0, &[0.0, 1.0]);
        matrix.factor();
        let mut b = [8.0, 7.0];
        matrix.solve(&mut b);
        assert!((b[0] - 1.25).abs() < 1e-12 && (b[1] - 1.5).abs() < 1e-12);
        assert_eq!(dot(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0; 5]), 15.0);
    }
}
