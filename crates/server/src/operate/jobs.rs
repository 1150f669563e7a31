//! What the server does unasked: keeping explanations five times a second and openings every second, deleting what has expired every
//! day, and tending the models. A job that fails must be counted and tried again, and never stop the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use privacy::store::Day;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::experiments::flush_exposures;
use crate::recommend::{flush_shown, learn_blend_daily, today};

/// Runs the jobs until `stopped` says so, then the frequent ones once more.
pub(super) async fn run(app: Arc<App>, mut stopped: watch::Receiver<()>) {
    // Explanations are sealed in small portions, so that answers don't wait while many are.
    let mut ticks = interval(Duration::from_millis(200));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut expired_on = None;
    // Nothing of it must be finished when the server stops.
    let (tended, until) = (Arc::clone(&app), stopped.clone());
    let tending = std::thread::Builder::new().name("tend".to_owned()).spawn(move || tend(&tended, &until));
    if let Err(error) = tending {
        tracing::error!(error.cause = %error, "there is no thread to look after the models");
    }
    for tick in 1_u64.. {
        tokio::select! {
            _ = stopped.changed() => break,
            _ = ticks.tick() => {}
        }
        blocking(&app, keep_shown).await;
        blocking(&app, keep_exposures).await;
        if tick % 5 != 0 {
            continue;
        }
        blocking(&app, keep_openings).await;
        let today = Day::of(app.now());
        // At start too: the server may have stood still for longer than a day.
        if expired_on != Some(today) {
            expired_on = Some(today);
            blocking(&app, expire).await;
        }
    }
    blocking(&app, keep_shown).await;
    blocking(&app, keep_exposures).await;
    blocking(&app, keep_openings).await;
}

/// How long after the start the blend is learned at the earliest: when a server starts there is enough to do.
const BEFORE_LEARNING: Duration = Duration::from_secs(15 * 60);

/// Looks after the models every second, one call after the other, on a thread of low priority: it may take minutes, and whoever waits
/// for an answer comes first.
fn tend(app: &Arc<App>, stopped: &watch::Receiver<()>) {
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(error.cause = %error, "background work runs at the same priority as answers");
    }
    let started = Instant::now();
    let mut learned_on = None;
    while let Ok(false) = stopped.has_changed() {
        app.engine.tend(today(app.now()));
        let day = Day::of(app.now());
        if started.elapsed() > BEFORE_LEARNING && learned_on != Some(day) {
            learned_on = Some(day);
            learn(app);
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn learn(app: &Arc<App>) {
    if let Err(error) = learn_blend_daily(app) {
        app.metrics.job_failed("learn_blend");
        tracing::error!(error.cause = %error, "the blend could not be learned; tried again tomorrow");
    }
}

async fn blocking(app: &Arc<App>, work: fn(&Arc<App>)) {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    if let Err(error) = done {
        tracing::error!(error.cause = %error, "a background job broke off");
    }
}

fn keep_shown(app: &Arc<App>) {
    if let Err(error) = flush_shown(app) {
        app.metrics.job_failed("flush_shown");
        tracing::error!(error.cause = %error, "explanations could not be kept");
    }
}

fn keep_exposures(app: &Arc<App>) {
    if let Err(error) = flush_exposures(app) {
        app.metrics.job_failed("flush_exposures");
        tracing::error!(error.cause = %error, "who saw an experiment could not be kept");
    }
}

fn keep_openings(app: &Arc<App>) {
    if let Err(error) = app.store.flush_openings(app.now()) {
        app.metrics.job_failed("flush_openings");
        tracing::error!(error.cause = %error, "openings could not be written down; tried again in a second");
    }
}

fn expire(app: &Arc<App>) {
    match crate::rights::expire(app) {
        Ok(0) => {}
        Ok(people) => tracing::info!(people, "what had expired is deleted"),
        Err(error) => {
            app.metrics.job_failed("expire");
            tracing::error!(error.cause = %error, "what has expired could not be deleted; run `equipoise doctor`");
        }
    }
}
