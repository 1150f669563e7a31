//! A shop in a temporary folder, asked over its real router, with a clock that the test moves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use equipoise::app::{App, Clock, SystemEntropy};
use equipoise::operate::{Places, Progress, RegisterSource, StartOptions, all_routes, open};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const WRITE_KEY: &str = "test-write-key";

/// A register with all built-in purposes, as a shop would write it.
pub(crate) const REGISTER: &str = include_str!("register.toml");

pub(crate) struct Shop {
    pub(crate) app: Arc<App>,
    pub(crate) token: String,
    pub(crate) data_dir: PathBuf,
    router: Router,
    clock: Arc<AtomicI64>,
    runtime: tokio::runtime::Runtime,
    _temporary: Option<tempfile::TempDir>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) text: String,
    /// `Access-Control-Allow-Origin`.
    pub(crate) allowed_origin: Option<String>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// The name and value of `Set-Cookie`.
    pub(crate) cookie: Option<String>,
    /// `Location`.
    pub(crate) location: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        Self::open_in(&path, Some(folder))
    }

    /// A shop with a register of its own.
    pub(crate) fn open_with(register: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        Self::open_as(register, &path, Some(folder))
    }

    pub(crate) fn open_in(path: &Path, temporary: Option<tempfile::TempDir>) -> Self {
        Self::open_as(REGISTER, path, temporary)
    }

    pub(crate) fn open_as(register: &str, path: &Path, temporary: Option<tempfile::TempDir>) -> Self {
        Self::open_changed(register, path, temporary, |app| app)
    }

    /// A shop that shows mail in the page, as the demo does.
    pub(crate) fn open_as_demo() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        Self::open_changed(REGISTER, &path, Some(folder), |mut app| {
            app.demo = Some(equipoise::demo::Shop::new().unwrap());
            app
        })
    }

    fn open_changed(
        register: &str,
        path: &Path,
        temporary: Option<tempfile::TempDir>,
        change: impl FnOnce(App) -> App,
    ) -> Self {
        let clock =
            Arc::new(AtomicI64::new("2026-06-15T10:00:00Z".parse::<Timestamp>().unwrap().as_millisecond()));
        let config = path.join("equipoise.toml");
        std::fs::write(&config, register).unwrap();
        let data_dir = path.join("data");
        let telling = Arc::clone(&clock);
        let tell: Clock =
            Arc::new(move || Timestamp::from_millisecond(telling.load(Ordering::SeqCst)).unwrap());
        let places = Places::new(&data_dir, None);
        let app = open(StartOptions {
            places: places.clone(),
            register: RegisterSource::File(config),
            progress: Progress::Hidden,
            clock: tell,
            entropy: Arc::new(SystemEntropy),
        })
        .unwrap();
        let app = Arc::new(change(app));
        let token = std::fs::read_to_string(data_dir.join("keys/api.token")).unwrap().trim().to_owned();
        let router = equipoise::web::finish(all_routes(&app, &places), Arc::clone(&app), "http");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { app, token, data_dir, router, clock, runtime, _temporary: temporary }
    }

    /// Stops the shop; its files stay.
    pub(crate) fn close(self) -> (PathBuf, PathBuf, Option<tempfile::TempDir>) {
        let Self { app, data_dir, router, runtime, _temporary, .. } = self;
        drop(router);
        drop(runtime);
        let app = Arc::into_inner(app).expect("nobody else holds the shop");
        app.store.close();
        let folder = data_dir.parent().unwrap().to_owned();
        (data_dir, folder, _temporary)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.now()
    }

    /// Sets the clock.
    pub(crate) fn set_time(&self, at: Timestamp) {
        self.clock.store(at.as_millisecond(), Ordering::SeqCst);
    }

    pub(crate) fn pass_seconds(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        let router = self.router.clone();
        self.runtime.block_on(async move {
            let response = router.oneshot(request).await.unwrap();
            let status = response.status();
            let allowed_origin = response
                .headers()
                .get(header::ACCESS_CONTROL_ALLOW_ORIGIN)
                .map(|value| value.to_str().unwrap().to_owned());
            let retry_after = response.headers().get(header::RETRY_AFTER);
            let retry_after = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
            let said = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            let cookie = said(header::SET_COOKIE).map(|set| set.split(';').next().unwrap().to_owned());
            let location = said(header::LOCATION);
            let bytes = axum::body::to_bytes(response.into_body(), 64 << 20).await.unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let body = serde_json::from_str(&text).unwrap_or(Value::Null);
            Answer {
                status,
                body,
                text,
                allowed_origin,
                retry_after,
                cookie,
                location,
                bytes: bytes.to_vec(),
            }
        })
    }

    pub(crate) fn client(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.client_with(method, path, body, &[])
    }

    pub(crate) fn client_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Answer {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{WRITE_KEY}:"));
        self.ask(method, path, body, &format!("Basic {basic}"), headers)
    }

    pub(crate) fn operator(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, body, &format!("Bearer {}", self.token), &[])
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        authorization: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.send(request.body(body).unwrap())
    }

    /// Sends Segment events in one batch and expects a 200.
    pub(crate) fn batch(&self, events: &[Value]) -> Answer {
        let answer = self.client("POST", "/v1/batch", &json!({ "batch": events }));
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }

    /// Tells the shop a person's choice.
    pub(crate) fn consent(&self, user: &str, purposes: &Value) -> Answer {
        let answer = self.operator(
            "POST",
            "/v1/consent",
            &json!({"userId": user, "purposes": purposes, "language": "en"}),
        );
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }

    pub(crate) fn recommendations(&self, user: &str, more: &str) -> Answer {
        let answer = self.operator("GET", &format!("/v1/recommendations?user_id={user}{more}"), &Value::Null);
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }

    /// Puts products in the catalogue.
    pub(crate) fn stock(&self, ids: &[&str]) {
        let plain = |id: &&str| json!({"id": id, "name": format!("The {id}"), "category": ["things"], "price_minor": 1000});
        self.stock_with(&ids.iter().map(plain).collect::<Vec<_>>());
    }

    /// Puts products in the catalogue, each as its JSON.
    pub(crate) fn stock_with(&self, products: &[Value]) {
        let now = self.now();
        let item = |product: &Value| store::Item {
            id: product["id"].as_str().unwrap().to_owned(),
            kind: store::ItemKind::Product,
            json: product.to_string(),
            updated_at: now,
        };
        let items: Vec<store::Item> = products.iter().map(item).collect();
        let kept = items.clone();
        let what = store::Write { name: "catalogue.store", author: privacy::audit::Author::System, at: now };
        self.app
            .store
            .write::<_, privacy::store::StoreError>(what, move |tx| {
                kept.iter().try_for_each(|item| tx.put_item(item))
            })
            .wait()
            .unwrap();
        self.app.engine.stock_catalogue(&items).unwrap();
    }
}

/// A view of a product by a customer who has agreed to what `yes` names.
pub(crate) fn viewed(user: &str, item: &str, session: &str, at: Timestamp, yes: &[&str]) -> Value {
    track(user, "Product Viewed", &json!({"product_id": item, "sku": item}), session, at, yes)
}

/// An order of one each of some items.
pub(crate) fn ordered(user: &str, order: &str, items: &[&str], at: Timestamp, yes: &[&str]) -> Value {
    let products: Vec<Value> = items
        .iter()
        .map(|item| json!({"product_id": item, "sku": item, "price": 10, "quantity": 1}))
        .collect();
    track(
        user,
        "Order Completed",
        &json!({"order_id": order, "total": 10 * items.len(), "currency": "NZD", "products": products}),
        "s",
        at,
        yes,
    )
}

pub(crate) fn track(
    user: &str,
    event: &str,
    properties: &Value,
    session: &str,
    at: Timestamp,
    yes: &[&str],
) -> Value {
    let all = ["analytics", "personalisation", "offers", "personalised_pricing", "assistance"];
    let preferences: serde_json::Map<_, _> =
        all.iter().map(|purpose| ((*purpose).to_owned(), json!(yes.contains(purpose)))).collect();
    json!({
        "type": "track", "event": event, "properties": properties, "userId": user,
        "messageId": format!("{user}-{event}-{session}-{at}-{properties}"),
        "timestamp": at.to_string(),
        "context": {"sessionId": session, "consent": {"categoryPreferences": preferences}},
    })
}

/// Every file below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

/// The files below a folder in which any of the words stands.
pub(crate) fn files_with(folder: &Path, words: &[&str]) -> Vec<(PathBuf, String)> {
    let mut hits = Vec::new();
    for path in files_below(folder) {
        let bytes = std::fs::read(&path).unwrap();
        for word in words {
            if bytes.windows(word.len()).any(|window| window == word.as_bytes()) {
                hits.push((path.clone(), (*word).to_owned()));
            }
        }
    }
    hits
}
