//! Who refuses, in an experiment on recorded data: a seeded share of the customers or sessions.
//!
//! Must never draw from anything but the seed, nor let somebody who refuses at one share agree at a larger one.

use super::bootstrap::Draw;

/// Whether unit number `unit` is among the `percent` of a hundred that refuse. Whoever refuses at a share refuses at every
/// larger one, so that a curve over shares compares the same people.
///
/// ```
/// use models::evaluate::refuses;
/// assert!(!refuses(7, 3, 0.0) && refuses(7, 3, 100.0));
/// ```
#[must_use]
pub fn refuses(seed: u64, unit: u64, percent: f64) -> bool {
    let mut draw = Draw(Draw(seed).next() ^ unit);
    (draw.next() >> 11) as f64 / (1u64 << 53) as f64 * 100.0 < percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_kept_and_grows_by_people_only() {
        for seed in 0..3 {
            let who = |percent| (0..20_000).map(move |unit| refuses(seed, unit, percent)).collect::<Vec<_>>();
            let mut before = who(0.0);
            assert!(before.iter().all(|refuses| !refuses));
            for percent in [10.0, 33.0, 90.0] {
                let now = who(percent);
                let share = now.iter().filter(|refuses| **refuses).count() as f64 / 200.0;
                assert!((share - percent).abs() < 1.2, "{share} where {percent} was asked");
                assert!(before.iter().zip(&now).all(|(before, now)| !before || *now));
                before = now;
            }
        }
    }

    #[test]
    fn another_seed_asks_others() {
        let same = (0..1000).filter(|unit| refuses(1, *unit, 50.0) == refuses(2, *unit, 50.0)).count();
        assert!((400..600).contains(&same), "{same}");
    }
}
