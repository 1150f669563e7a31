//! The right to take one's data along (GDPR Art. 20): what the person gave and what was observed, machine-readable.
//! Nothing that the shop worked out from it may stand here.

use std::sync::Arc;

use privacy::audit::Author;
use privacy::data::Kind;
use privacy::rights::{Disclosure, Right};
use serde_json::{Map, Value, json};
use store::Write;

use super::access::{identities, origin};
use super::{ExerciseError, Person};
use crate::app::App;
use crate::web::Problem;

/// The name of the document's form.
const FORMAT: &str = "equipoise.portability/v1";

/// What a person gave, and what was observed of them. Blocks.
///
/// # Errors
/// [`Problem`] when nobody is known by that identity, or the store can't be used.
pub fn export(app: &Arc<App>, who: &Person, author: Author) -> Result<Value, Problem> {
    let now = app.now();
    let (shared, who) = (Arc::clone(app), who.clone());
    let what = Write { name: "subject.portability", author: author.clone(), at: now };
    let written = app.store.write(what, move |tx| {
        let subject = who.find(tx)?;
        let disclosure = Disclosure::open(tx, shared.vault(), &subject, Right::Portability, author, now)?;
        let mut data = Map::new();
        for kind in Kind::ALL.iter().filter(|kind| portable(**kind)) {
            let rows: Vec<Value> = disclosure.rows(*kind)?.into_iter().map(|row| row.value).collect();
            let (origin, _) = origin(*kind);
            data.insert(kind.to_string(), json!({"origin": origin, "rows": rows}));
        }
        Ok::<_, ExerciseError>(json!({
            "format": FORMAT,
            "made_at": now.to_string(),
            "times": "`at` is in milliseconds since 1970-01-01 UTC; amounts are in minor units of their currency",
            "identities": identities(&disclosure)?,
            "data": data,
        }))
    });
    written.wait().map_err(Problem::from)
}

const fn portable(kind: Kind) -> bool {
    match kind {
        Kind::Contact
        | Kind::BrowsingHistory
        | Kind::CartHistory
        | Kind::PurchaseHistory
        | Kind::DeviceTraces
        | Kind::SentOffers
        | Kind::Feedback
        | Kind::DeclaredEvents => true,
        // Worked out by the shop.
        Kind::ShownItems => false,
    }
}
