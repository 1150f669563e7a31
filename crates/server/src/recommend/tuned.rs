//! `GET` and `POST /v1/blend`: what the blend is, how much better than popularity it did on what it wasn't learned on, and learning it
//! anew. What was learned is kept in the store as numbers about the shop as a whole.
//!
//! Must never show or keep a number about fewer people than questions are needed to learn.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::http::Method;
use jiff::Timestamp;
use models::recommend::baskets::{Terms, Weights as OrderWeights};
use models::recommend::damping::Damping;
use models::recommend::session::{Decay, Rarity};
use privacy::audit::Author;
use privacy::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Store, Write};

use super::learner::Report;
use super::{Engine, PART, Tuning, Weights};
use crate::app::App;
use crate::web::{Access, Problem, State, Table};

/// What is kept of a learning.
#[derive(Serialize, Deserialize)]
struct Kept {
    report: Report,
    visits: VisitDials,
    orders: [[f64; 7]; 2],
}

/// How earlier visits are read, as far as it is learned.
#[derive(Serialize, Deserialize)]
struct VisitDials {
    recent: usize,
    neighbours: usize,
    last_clicks: usize,
    /// 0: ignored, 1: root, 2: idf; of the items that vote, and of those that are shared.
    rarity: [u8; 2],
    /// The rates of forgetting by place in the visit, and by the newest shared look.
    rates: [f64; 2],
    /// 0: ignored, 1: fourth root, 2: root, 3: whole.
    length: u8,
    age_per_day: f64,
    after: f64,
    before: f64,
    backward: f64,
    revisit: f64,
}

impl VisitDials {
    fn of(tuning: &Tuning) -> Self {
        let dials = &tuning.visits.sessions;
        let rarity = |rarity| match rarity {
            Rarity::Ignored => 0,
            Rarity::Root => 1,
            Rarity::Idf | Rarity::Boost { .. } => 2,
        };
        let rate = |decay| match decay {
            Decay::Hyperbolic { rate } => rate,
            Decay::Linear => 0.1,
        };
        Self {
            recent: dials.recent,
            neighbours: dials.neighbours,
            last_clicks: dials.last_clicks,
            rarity: [rarity(dials.rarity), rarity(dials.shared_rarity)],
            rates: [rate(dials.place), rate(dials.newest_shared)],
            length: match dials.length {
                Damping::Ignored => 0,
                Damping::FourthRoot => 1,
                Damping::Root => 2,
                Damping::Whole => 3,
            },
            age_per_day: dials.age_per_day,
            after: dials.after,
            before: dials.before,
            backward: dials.backward,
            revisit: dials.revisit,
        }
    }

    fn set(&self, tuning: &mut Tuning) {
        let rarity = |code| match code {
            0 => Rarity::Ignored,
            1 => Rarity::Root,
            _ => Rarity::Idf,
        };
        let ([voting, shared], [place, newest]) = (self.rarity, self.rates);
        let dials = &mut tuning.visits.sessions;
        dials.recent = self.recent;
        dials.neighbours = self.neighbours;
        dials.last_clicks = self.last_clicks;
        dials.rarity = rarity(voting);
        dials.shared_rarity = rarity(shared);
        dials.place = Decay::Hyperbolic { rate: place };
        dials.newest_shared = Decay::Hyperbolic { rate: newest };
        dials.length = match self.length {
            0 => Damping::Ignored,
            1 => Damping::FourthRoot,
            2 => Damping::Root,
            _ => Damping::Whole,
        };
        dials.age_per_day = self.age_per_day;
        dials.after = self.after;
        dials.before = self.before;
        dials.backward = self.backward;
        dials.revisit = self.revisit;
        tuning.visits.pairs.revisit = self.revisit;
    }
}

fn numbers(terms: &Terms) -> [f64; 7] {
    let Terms { fading_again, steady_again, fading, steady, share, popular, neighbours } = *terms;
    [fading_again, steady_again, fading, steady, share, popular, neighbours]
}

fn terms(numbers: [f64; 7]) -> Terms {
    let [fading_again, steady_again, fading, steady, share, popular, neighbours] = numbers;
    Terms { fading_again, steady_again, fading, steady, share, popular, neighbours }
}

impl Kept {
    fn of(tuning: &Tuning, report: Report) -> Self {
        let OrderWeights { plain, by_season } = &tuning.baskets.weights;
        Self { report, visits: VisitDials::of(tuning), orders: [numbers(plain), numbers(by_season)] }
    }

    fn tuning(&self) -> Tuning {
        let mut tuning = Tuning { weights: self.report.weights, ..Tuning::default() };
        self.visits.set(&mut tuning);
        let [plain, by_season] = self.orders;
        tuning.baskets.weights = OrderWeights { plain: terms(plain), by_season: terms(by_season) };
        tuning
    }
}

/// Takes what was learned last, if anything was; what can't be read is as if nothing had been.
///
/// # Errors
/// [`StoreError`] when the store can't be read.
pub fn take_tuning(store: &Store, engine: &Engine) -> Result<(), StoreError> {
    if let Some(kept) = read(store)? {
        engine.tune(kept.tuning());
    }
    Ok(())
}

fn read(store: &Store) -> Result<Option<Kept>, StoreError> {
    let text = store.read(|tx| tx.tuning())?;
    Ok(text.and_then(|text| match serde_json::from_str(&text) {
        Ok(kept) => Some(kept),
        Err(error) => {
            tracing::warn!(error.cause = %error, "what was learned about the blend can't be read; learn it anew");
            None
        }
    }))
}

/// What was learned last.
///
/// # Errors
/// [`StoreError`] when the store can't be read.
pub fn report(store: &Store) -> Result<Option<Report>, StoreError> {
    Ok(read(store)?.map(|kept| kept.report))
}

/// One learning at a time.
static LEARNING: Mutex<()> = Mutex::new(());

/// Learns the blend on the shop's own past, keeps it and takes it into use.
///
/// # Errors
/// [`StoreError`] when it can't be kept.
pub fn learn_blend(app: &App, author: Author) -> Result<Report, StoreError> {
    let _one = LEARNING.lock().unwrap_or_else(PoisonError::into_inner);
    let now = app.now();
    let (tuning, report) = app.engine.learn_blend(now.to_string());
    let text = serde_json::to_string(&Kept::of(&tuning, report.clone()))
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    let what = Write { name: "tuning.store", author, at: now };
    app.store.write::<_, StoreError>(what, move |tx| tx.keep_tuning(&text)).wait()?;
    app.engine.tune(tuning);
    Ok(report)
}

/// Learns the blend if that hasn't been done for a day.
///
/// # Errors
/// [`StoreError`] when the store can't be read or written.
pub fn learn_blend_daily(app: &App) -> Result<(), StoreError> {
    let known = read(&app.store)?.and_then(|kept| kept.report.learned_at.parse::<Timestamp>().ok());
    let day = jiff::SignedDuration::from_hours(24);
    if known.is_some_and(|known| app.now().duration_since(known) < day) {
        return Ok(());
    }
    learn_blend(app, Author::Machine { part: PART.to_owned() }).map(|_| ())
}

/// The routes of this part.
#[must_use]
pub fn blend_routes(table: Table) -> Table {
    table.declare(Access::Operator, Method::GET, "/v1/blend", show).declare(
        Access::Operator,
        Method::POST,
        "/v1/blend",
        learn,
    )
}

async fn show(axum::extract::State(app): State) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&app.engine.tuning().weights, read(&app.store)?.map(|kept| kept.report).as_ref())))
}

async fn learn(axum::extract::State(app): State) -> Result<Json<Value>, Problem> {
    let author = Author::Operator { id: "api".to_owned(), role: "owner".to_owned() };
    let learning = Arc::clone(&app);
    let worked = tokio::task::spawn_blocking(move || learn_blend(&learning, author)).await;
    let report = worked.map_err(|error| Problem::internal(&error))??;
    Ok(Json(told(&report.weights, Some(&report))))
}

/// What the operator is shown, over HTTP and on the command line alike.
#[must_use]
pub fn told(weights: &Weights, report: Option<&Report>) -> Value {
    let voice = |((name, about), weight): ((&str, &str), f64)| json!({"name": name, "about": about, "weight": weight});
    let voices: Vec<Value> = Weights::about().into_iter().zip(weights.array()).map(voice).collect();
    json!({
        "voices": voices,
        "learned_at": report.map(|report| &report.learned_at),
        "weights_from": report.map_or("shipped", |report| &report.weights_from),
        "situations": report.map_or(&[][..], |report| &report.situations),
    })
}
