//! Personal data has no serialised form, so that none can reach an answer or a file but through a right.

use privacy::data::Ordered;
use privacy::personal::Personal;
use privacy::purpose::Personalisation;

fn send(orders: &Personal<'_, Vec<Ordered>, Personalisation>) -> Option<String> {
    serde_json::to_string(orders).ok()
}

fn main() {}
