//! A grant is for one reading part of the program: it can't be copied.

use privacy::grant::Grant;
use privacy::purpose::Personalisation;

fn copy<'tx>(grant: &Grant<'tx, Personalisation>) -> Grant<'tx, Personalisation> {
    grant.clone()
}

fn twice(grant: Grant<'_, Personalisation>) {
    let first = grant;
    let second = grant;
    drop((first, second));
}

fn main() {}
