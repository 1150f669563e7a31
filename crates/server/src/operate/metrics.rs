//! Figures for Prometheus. A label is a fixed word of this program, a route's pattern or a declared purpose; it must
//! never be anything that a client sent, for that may name a person.

use std::fmt::Error;
use std::time::Duration;

use axum::http::Method;
use privacy::consent::Refusal;
use privacy::purpose::PurposeId;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::app::App;

/// What became of an event that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntakeOutcome {
    /// It is kept.
    Stored,
    /// It had come before.
    Duplicate,
    /// It is dropped for privacy, for this fixed reason.
    Refused(&'static str),
    /// It can't be read.
    Malformed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IntakeLabels {
    outcome: &'static str,
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PurposeLabels {
    purpose: String,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NameLabels {
    name: &'static str,
}

/// All figures of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    turned_away: Counter,
    intake: Family<IntakeLabels, Counter>,
    recommendations: Counter,
    purposes: Family<PurposeLabels, Counter>,
    offers: Family<NameLabels, Counter>,
    jobs_failed: Family<NameLabels, Counter>,
    queue: Gauge,
    commits: Gauge,
    model_people: Family<NameLabels, Gauge>,
    model_entries: Family<NameLabels, Gauge>,
    model_bytes: Gauge,
    models_tended: Gauge,
    catalogue: Gauge,
    audit: Gauge,
}

/// From half a millisecond to 8 seconds, doubling.
fn latency() -> Histogram {
    Histogram::new([
        0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All figures at nought.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("equipoise"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(latency),
            turned_away: Counter::default(),
            intake: Family::default(),
            recommendations: Counter::default(),
            purposes: Family::default(),
            offers: Family::default(),
            jobs_failed: Family::default(),
            queue: Gauge::default(),
            commits: Gauge::default(),
            model_people: Family::default(),
            model_entries: Family::default(),
            model_bytes: Gauge::default(),
            models_tended: Gauge::default(),
            catalogue: Gauge::default(),
            audit: Gauge::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("http_requests", "Requests by route and status", metrics.requests.clone());
        registry.register_with_unit("http_request", "Time to answer", Unit::Seconds, metrics.seconds.clone());
        registry.register(
            "http_turned_away",
            "Requests answered 503 because there were too many",
            metrics.turned_away.clone(),
        );
        registry.register(
            "offers",
            "Decisions and reports about offers, by what was said",
            metrics.offers.clone(),
        );
        registry.register("intake_events", "Events by what became of them", metrics.intake.clone());
        registry.register("recommendations", "Answers with recommendations", metrics.recommendations.clone());
        registry.register(
            "recommendation_purposes",
            "Purposes used for an answer (code used) or refused to it, by the reason's code",
            metrics.purposes.clone(),
        );
        registry.register("jobs_failed", "Background jobs that failed", metrics.jobs_failed.clone());
        registry.register("store_queue", "Writes that wait", metrics.queue.clone());
        registry.register("store_commits", "Commits since the start", metrics.commits.clone());
        registry.register("model_people", "People in the models", metrics.model_people.clone());
        registry.register("model_entries", "Clicks and baskets in the models", metrics.model_entries.clone());
        registry.register_with_unit(
            "model_sessions",
            "Memory of the session model",
            Unit::Bytes,
            metrics.model_bytes.clone(),
        );
        registry.register(
            "models_tended",
            "1 when all models are reckoned; 0 for some seconds after a start",
            metrics.models_tended.clone(),
        );
        registry.register("catalogue_items", "Products and articles", metrics.catalogue.clone());
        registry.register("audit_entries", "Entries in the audit log", metrics.audit.clone());
        metrics
    }

    /// Counts a decision or a report about an offer, by its fixed word.
    pub fn offer(&self, name: &'static str) {
        self.offers.get_or_create(&NameLabels { name }).inc();
    }

    /// Counts an answered request. `route` is the route's pattern, never the address asked for.
    pub fn request(&self, method: &Method, route: &str, status: u16, took: Duration) {
        let method = method_name(method);
        self.requests.get_or_create(&RequestLabels { method, route: route.to_owned(), status }).inc();
        self.seconds.get_or_create(&RouteLabels { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// Counts a request that was turned away unheard.
    pub fn turned_away(&self) {
        self.turned_away.inc();
    }

    /// Counts events that came in.
    pub fn intake(&self, outcome: IntakeOutcome, events: u64) {
        let (outcome, reason) = match outcome {
            IntakeOutcome::Stored => ("stored", ""),
            IntakeOutcome::Duplicate => ("duplicate", ""),
            IntakeOutcome::Refused(reason) => ("refused", reason),
            IntakeOutcome::Malformed => ("malformed", ""),
        };
        self.intake.get_or_create(&IntakeLabels { outcome, reason }).inc_by(events);
    }

    /// Counts an answer with recommendations, by the purposes that it used and was refused.
    pub fn recommendation(&self, used: &[PurposeId], refused: &[(PurposeId, Refusal)]) {
        self.recommendations.inc();
        let used = used.iter().map(|purpose| (purpose, "used"));
        let refused = refused.iter().map(|(purpose, refusal)| (purpose, refusal.code()));
        for (purpose, code) in used.chain(refused) {
            self.purposes.get_or_create(&PurposeLabels { purpose: purpose.to_string(), code }).inc();
        }
    }

    /// Counts a background job that failed.
    pub fn job_failed(&self, name: &'static str) {
        self.jobs_failed.get_or_create(&NameLabels { name }).inc();
    }

    /// All figures in Prometheus's text format; those of the store and the models are read now. Blocks shortly.
    ///
    /// # Errors
    /// [`Error`] when they can't be written as text.
    pub fn text(&self, app: &App) -> Result<String, Error> {
        let gauge = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        self.queue.set(gauge(app.store.queue_length()));
        self.commits.set(i64::try_from(app.store.commits()).unwrap_or(i64::MAX));
        let (personalisation, analytics) = app.engine.people();
        self.model_people.get_or_create(&NameLabels { name: "personalisation" }).set(gauge(personalisation));
        self.model_people.get_or_create(&NameLabels { name: "analytics" }).set(gauge(analytics));
        let (clicks, baskets) = app.engine.size();
        self.model_entries.get_or_create(&NameLabels { name: "clicks" }).set(gauge(clicks));
        let baskets = i64::try_from(baskets).unwrap_or(i64::MAX);
        self.model_entries.get_or_create(&NameLabels { name: "baskets" }).set(baskets);
        self.model_bytes.set(gauge(app.engine.footprint_bytes()));
        self.models_tended.set(i64::from(app.engine.is_tended(crate::recommend::today(app.now()))));
        self.catalogue.set(gauge(app.engine.catalogue().items().len()));
        if let Ok(size) = app.store.read(|tx| tx.audit_size()) {
            self.audit.set(i64::try_from(size).unwrap_or(i64::MAX));
        }
        let mut out = String::new();
        encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

/// A method as a fixed word: clients may send any text as one.
const fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(metrics: &Metrics) -> String {
        let mut out = String::new();
        encode(&mut out, &metrics.registry).unwrap();
        out
    }

    #[test]
    fn figures_are_counted_by_fixed_words() {
        let metrics = Metrics::new();
        metrics.intake(IntakeOutcome::Stored, 3);
        metrics.intake(IntakeOutcome::Refused("no_consent"), 2);
        let personalisation: PurposeId = "personalisation".parse().unwrap();
        let refused = [(personalisation.clone(), Refusal::Restricted)];
        metrics.recommendation(&[personalisation], &refused);
        metrics.request(&Method::GET, "/v1/recommendations", 200, Duration::from_millis(3));
        let text = text(&metrics);
        for line in [
            "equipoise_intake_events_total{outcome=\"stored\",reason=\"\"} 3",
            "equipoise_intake_events_total{outcome=\"refused\",reason=\"no_consent\"} 2",
            "equipoise_recommendation_purposes_total{purpose=\"personalisation\",code=\"used\"} 1",
            "equipoise_recommendation_purposes_total{purpose=\"personalisation\",code=\"restricted\"} 1",
            "equipoise_http_requests_total{method=\"GET\",route=\"/v1/recommendations\",status=\"200\"} 1",
            "equipoise_http_request_seconds_bucket{le=\"0.004\",route=\"/v1/recommendations\"} 1",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_made_up_method_becomes_no_label() {
        let metrics = Metrics::new();
        metrics.request(&Method::from_bytes(b"ANA").unwrap(), "unmatched", 405, Duration::ZERO);
        assert!(!text(&metrics).contains("ANA"));
    }
}
