//! What every request passes through, and the listener. Logs hold the method, the route's pattern, the status and the
//! time taken; they must never hold an address, a query or a header.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsAcceptor;
use axum_server::tls_rustls::RustlsConfig;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;

use super::tls::{TlsError, TlsFiles, configuration};
use super::{Problem, ProblemKind, Table};
use crate::app::App;

/// The longest body that any route takes; a route may take less.
const BODY_BYTES: usize = 4 << 20;
/// How many requests are worked on at once.
const AT_ONCE: usize = 512;
/// How long a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);
/// How long a client may take for the head of its request.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
/// Routes that are heard however busy the server is.
const ALWAYS_HEARD: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
/// Routes that may take as long as they need.
const UNHURRIED: [&str; 3] = ["/v1/doctor", "/v1/backups", "/v1/keys/rotate"];

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const FEATURES: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()";

/// What protects a connection.
pub enum Protection {
    /// Nothing: the machine itself, or a proxy that speaks TLS, stands before it.
    None,
    /// TLS.
    Tls(RustlsConfig),
}

impl Protection {
    /// TLS with this certificate and key.
    ///
    /// # Errors
    /// [`TlsError`] when they can't be used.
    pub fn tls(files: &TlsFiles) -> Result<Self, TlsError> {
        configuration(files).map(Self::Tls)
    }

    /// The first word of an address.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        match self {
            Self::None => "http",
            Self::Tls(_) => "https",
        }
    }
}

/// How the request came to this server: `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme(pub &'static str);

#[derive(Clone)]
struct Gate {
    app: Arc<App>,
    permits: Arc<Semaphore>,
    scheme: &'static str,
}

/// The router that is served: the routes of `table`, answers for what isn't there, and what every request passes.
pub fn finish(table: Table, app: Arc<App>, scheme: &'static str) -> Router {
    let gate = Gate { app, permits: Arc::new(Semaphore::new(AT_ONCE)), scheme };
    table
        .into_router()
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::disable())
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(as_problem))
        .layer(CompressionLayer::new())
        .layer(from_fn_with_state(gate, pass))
}

async fn not_found() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is nothing at this address", "see `/docs` for what there is")
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        ProblemKind::MethodNotAllowed,
        "this address doesn't take this method",
        "see the header `Allow`, or `/docs` for what there is",
    )
}

fn panicked(cause: Box<dyn Any + Send + 'static>) -> Response {
    // The words of a panic may hold data; its place is in standard error already.
    drop(cause);
    tracing::error!("a request's handler broke off");
    Problem::new(
        ProblemKind::Internal,
        "the server could not do this",
        "try again; if it stays so, tell the makers of Equipoise what you did",
    )
    .into_response()
}

/// Refusals that a library wrote as plain text become problem details like all others.
async fn as_problem(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if !plain || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = match status {
        StatusCode::PAYLOAD_TOO_LARGE => ProblemKind::TooLarge,
        StatusCode::NOT_FOUND => ProblemKind::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => ProblemKind::MethodNotAllowed,
        StatusCode::SERVICE_UNAVAILABLE => ProblemKind::Overloaded,
        _ if status.is_client_error() => ProblemKind::Malformed,
        _ => ProblemKind::Internal,
    };
    let said = match kind {
        ProblemKind::Malformed => said(response.into_body()).await,
        _ => None,
    };
    let mend = match kind {
        ProblemKind::TooLarge => "send less at once: 500 KB a batch at most",
        ProblemKind::Overloaded => "try again shortly",
        ProblemKind::Internal => "try again; if it stays so, run `equipoise doctor` on the server",
        _ => "see `/docs` for what this address takes",
    };
    let detail = said.unwrap_or_else(|| status.canonical_reason().unwrap_or("refused").to_lowercase());
    Problem::new(kind, detail, mend).into_response()
}

async fn said(body: Body) -> Option<String> {
    let bytes = to_bytes(body, 2048).await.ok()?;
    let text = String::from_utf8(bytes.to_vec()).ok()?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// The gate: not too many at once, not too long, counted, logged, with a number of its own and safe headers.
async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(Scheme(gate.scheme));
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "unmatched".to_owned());
    let always = ALWAYS_HEARD.contains(&route.as_str());
    let permit = gate.permits.clone().try_acquire_owned();
    let mut response = if permit.is_err() && !always {
        gate.app.metrics.turned_away();
        Problem::new(ProblemKind::Overloaded, "the server is too busy", "try again shortly").into_response()
    } else if UNHURRIED.contains(&route.as_str()) {
        next.run(request).await
    } else {
        match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::new(ProblemKind::Overloaded, "this took too long", "try again shortly")
                .into_response(),
        }
    };
    drop(permit);
    let (took, status) = (began.elapsed(), response.status().as_u16());
    gate.app.metrics.request(&method, &route, status, took);
    let id = request_id(&gate.app);
    let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status >= 500 {
        tracing::warn!(http.method = %method, http.route = route, http.status = status, http.ms = ms, request.id = id, "request");
    } else {
        tracing::debug!(http.method = %method, http.route = route, http.status = status, http.ms = ms, request.id = id, "request");
    }
    protect(&mut response, gate.scheme);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A random number: one from the client might name somebody.
fn request_id(app: &App) -> String {
    let mut bytes = [0; 8];
    match app.entropy.fill(&mut bytes) {
        Ok(()) => format!("{:016x}", u64::from_be_bytes(bytes)),
        Err(_) => "none".to_owned(),
    }
}

/// Headers that keep a page to itself. A handler may say something stricter or looser for its own answer.
fn protect(response: &mut Response, scheme: &str) {
    let headers = response.headers_mut();
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("permissions-policy"), FEATURES),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let with_tls = [(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000")];
    let with_tls = with_tls.into_iter().filter(|_| scheme == "https");
    for (name, value) in always.into_iter().chain(with_tls) {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// A bound address and what protects it.
pub struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    protection: Protection,
    handle: Handle<SocketAddr>,
}

/// Stops a listener.
pub struct Stopper {
    handle: Handle<SocketAddr>,
}

impl Stopper {
    /// Takes no new connection, and gives the requests at hand this long.
    pub fn stop(&self, grace: Duration) {
        self.handle.graceful_shutdown(Some(grace));
    }
}

impl Listener {
    /// A listener at a bound address.
    ///
    /// # Errors
    /// The operating system's, when it doesn't know the address.
    pub fn new(listener: TcpListener, protection: Protection) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self { listener, address, protection, handle: Handle::new() })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What stops it.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { handle: self.handle.clone() }
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// The operating system's, when the listener broke.
    pub async fn serve(self, router: Router) -> std::io::Result<()> {
        let Self { listener, address: _, protection, handle } = self;
        let mut server = axum_server::from_tcp(listener)?.handle(handle);
        server.http_builder().http1().header_read_timeout(HEAD_LIMIT);
        match protection {
            Protection::None => server.serve(router.into_make_service()).await,
            Protection::Tls(tls) => {
                server.acceptor(RustlsAcceptor::new(tls)).serve(router.into_make_service()).await
            }
        }
    }
}
