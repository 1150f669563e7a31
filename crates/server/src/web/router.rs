//! The table of routes: each with its policy, so that none can be added without one. The only file that calls axum's
//! `route`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{Access, from_our_own_page, go_to};
use crate::app::App;

/// What handlers get.
pub type State = axum::extract::State<Arc<App>>;

/// One route, for the documentation and the matrix of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Who may.
    pub access: Access,
    /// The method.
    pub method: Method,
    /// The path, with `{parameters}`.
    pub path: &'static str,
}

/// Routes in the making.
pub struct Table {
    app: Arc<App>,
    router: Router<Arc<App>>,
    routes: Vec<Route>,
    origins: CorsLayer,
}

impl Table {
    /// No routes yet.
    #[must_use]
    pub fn new(app: Arc<App>) -> Self {
        let origins = origins(&app.register().shop.origins);
        Self { app, router: Router::new(), routes: Vec::new(), origins }
    }

    /// Adds a route with its policy.
    #[must_use]
    pub fn declare<H, T>(mut self, access: Access, method: Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        if access == Access::Demo && self.app.demo.is_none() {
            return self;
        }
        let Ok(filter) = MethodFilter::try_from(method.clone()) else { return self };
        let guarded = on(filter, handler);
        let guarded = match access {
            Access::Operator => guarded.route_layer(from_fn_with_state(Arc::clone(&self.app), operator)),
            Access::DataSubject => guarded.route_layer(from_fn_with_state(Arc::clone(&self.app), signed_in)),
            Access::Client | Access::Pages => {
                // A browser asks first; the layer answers it.
                let asked_first = self.routes.iter().any(|known| known.path == path);
                let guarded = if asked_first { guarded } else { guarded.options(nothing) };
                guarded.layer(self.origins.clone())
            }
            Access::Public | Access::Demo => guarded,
        };
        self.router = self.router.route(path, guarded);
        self.routes.push(Route { access, method, path });
        self
    }

    /// The routes so far.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The finished router.
    pub fn into_router(self) -> Router {
        self.router.with_state(self.app)
    }
}

/// Where customers sign in.
const SIGN_IN: &str = "/privacy";

/// What Segment's client for browsers adds when it sends something again.
const RETRY_COUNT: HeaderName = HeaderName::from_static("x-retry-count");

/// The shop's own pages, and nobody else's, may read what a client's route answers (Fetch standard, CORS protocol).
fn origins(known: &[String]) -> CorsLayer {
    let known = known.iter().filter_map(|origin| HeaderValue::from_str(origin.trim_end_matches('/')).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::CONTENT_ENCODING, RETRY_COUNT])
        .expose_headers([header::RETRY_AFTER])
        .max_age(Duration::from_secs(600))
}

async fn nothing() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whoever isn't signed in is sent to where one signs in; no form of another site is taken.
async fn signed_in(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(signed_in) = app.sessions.find(request.headers(), request.extensions(), app.now()) else {
        return go_to(SIGN_IN);
    };
    if request.method() != Method::GET
        && let Err(problem) = from_our_own_page(request.headers(), request.uri())
    {
        return problem.into_response();
    }
    request.extensions_mut().insert(signed_in);
    next.run(request).await
}

async fn operator(
    axum::extract::State(app): axum::extract::State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    match app.operator_token.check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
