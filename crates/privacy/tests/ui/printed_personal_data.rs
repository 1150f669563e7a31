//! Personal data has no printed form, so that none can reach a log.

use privacy::data::Ordered;
use privacy::personal::Personal;
use privacy::purpose::Personalisation;

fn log(orders: &Personal<'_, Vec<Ordered>, Personalisation>) {
    println!("{orders:?}");
    println!("{orders}");
}

fn main() {}
