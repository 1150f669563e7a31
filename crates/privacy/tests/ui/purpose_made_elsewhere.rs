//! Nobody else makes purposes: what a type may be used for is decided in one crate.

use privacy::purpose::Purpose;

struct WhateverWeLike;

impl Purpose for WhateverWeLike {
    const ID: &'static str = "personalisation";
}

fn main() {}
