//! Tails and quantiles of the normal, Student's and the chi-square distribution, to about 13 digits.
//!
//! By the incomplete gamma and beta functions (series and Lentz's continued fractions; Press et al., Numerical Recipes,
//! 3rd ed., 6.2 and 6.4) and Wichura's AS 241 for the normal quantile. Must never be asked for a density's shape: only
//! probabilities stand here.

const TINY: f64 = 1e-300;
const STEPS: u32 = 500;

/// ln Γ(x) for x > 0 (Lanczos, g = 7).
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum = (1..).zip(C).fold(0.999_999_999_999_809_9, |sum, (k, c)| sum + c / (x + f64::from(k)));
    let t = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// ln of the number of ways to choose k out of n.
pub(crate) fn ln_choose(n: u64, k: u64) -> f64 {
    ln_gamma(n as f64 + 1.0) - ln_gamma(k as f64 + 1.0) - ln_gamma((n - k.min(n)) as f64 + 1.0)
}

/// Q(a, x) = Γ(a, x) / Γ(a).
fn gamma_upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..STEPS {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return (1.0 - sum * scale).clamp(0.0, 1.0);
    }
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..=STEPS {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = nonzero(an * d + b).recip();
        c = nonzero(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (scale * h).clamp(0.0, 1.0)
}

fn nonzero(x: f64) -> f64 {
    if x.abs() < TINY { TINY } else { x }
}

/// I_x(a, b).
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = nonzero(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut h = d;
    for m in 1..=STEPS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = nonzero(1.0 + even * d).recip();
        c = nonzero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = nonzero(1.0 + odd * d).recip();
        c = nonzero(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    h
}

/// P(|Z| ≥ |z|) of a standard normal Z.
///
/// ```
/// let p = models::experiment::tail::normal_two_sided(1.959963984540054);
/// assert!((p - 0.05).abs() < 1e-14);
/// ```
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    gamma_upper(0.5, z * z / 2.0)
}

/// The z below which a standard normal stays with probability `p`, 0 < p < 1 (Wichura, Applied Statistics 37, 1988: AS 241).
///
/// ```
/// let z = models::experiment::tail::normal_quantile(0.975);
/// assert!((z - 1.959963984540054).abs() < 1e-14);
/// ```
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let fraction = |over: [f64; 8], under: [f64; 8], r: f64| {
        let value = |c: [f64; 8]| c.iter().rev().fold(0.0, |sum, c| sum * r + c);
        value(over) / value(under)
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * fraction(CENTRE.0, CENTRE.1, 0.180_625 - q * q);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let z =
        if r <= 5.0 { fraction(SHOULDER.0, SHOULDER.1, r - 1.6) } else { fraction(FAR.0, FAR.1, r - 5.0) };
    if q < 0.0 { -z } else { z }
}

const CENTRE: ([f64; 8], [f64; 8]) = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);
const SHOULDER: ([f64; 8], [f64; 8]) = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
const FAR: ([f64; 8], [f64; 8]) = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

/// P(|T| ≥ |t|) of Student's T with `freedom` > 0 degrees.
///
/// ```
/// let p = models::experiment::tail::student_two_sided(2.2281388519862753, 10.0);
/// assert!((p - 0.05).abs() < 1e-12);
/// ```
#[must_use]
pub fn student_two_sided(t: f64, freedom: f64) -> f64 {
    beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// The t that |T| exceeds with probability `alpha`, 0 < alpha < 1.
#[must_use]
pub fn student_critical(alpha: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while student_two_sided(high, freedom) > alpha && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if student_two_sided(middle, freedom) > alpha { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// P(X ≥ x) of a chi-square X with `freedom` > 0 degrees.
///
/// ```
/// let p = models::experiment::tail::chi_square(3.841458820694124, 1.0);
/// assert!((p - 0.05).abs() < 1e-14);
/// ```
#[must_use]
pub fn chi_square(x: f64, freedom: f64) -> f64 {
    gamma_upper(freedom / 2.0, x / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-11 * expected.abs(), "{found} is not {expected}");
    }

    /// Constants of scipy 1.17.1.
    #[test]
    fn tails_agree_with_scipy() {
        near(normal_two_sided(0.3), SCIPY[0]);
        near(normal_two_sided(-4.5), SCIPY[1]);
        near(normal_two_sided(8.0), SCIPY[2]);
        near(student_two_sided(1.3, 3.5), SCIPY[3]);
        near(student_two_sided(2.7, 120.0), SCIPY[4]);
        near(chi_square(0.7, 1.0), SCIPY[5]);
        near(chi_square(15.2, 4.0), SCIPY[6]);
        near(student_critical(0.05, 7.25), SCIPY[7]);
        near(normal_quantile(0.8), SCIPY[8]);
        near(normal_quantile(0.001), SCIPY[9]);
        near(normal_quantile(1e-12), SCIPY[10]);
    }

    const SCIPY: [f64; 11] = [
        0.7641771556220948,
        6.795346249460107e-06,
        1.244192114854348e-15,
        0.2725954158043702,
        0.007935986955710305,
        0.40278369424647564,
        0.004303882327589251,
        2.3481948491053717,
        0.8416212335729143,
        -3.090232306167813,
        -7.034483825301131,
    ];

    #[test]
    fn quantile_undoes_the_tail() {
        for p in [0.5000001, 0.6, 0.9, 0.99, 0.999_999] {
            near(normal_two_sided(normal_quantile(p)), 2.0 * (1.0 - p));
        }
    }
}
