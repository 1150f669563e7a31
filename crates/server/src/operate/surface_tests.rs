//! The whole surface: every route has its policy and its description, and the server keeps what it promises around
//! every request, over real sockets where that matters.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt as _;

use super::*;
use crate::app::App;
use crate::web::{Route, finish};

struct Shop {
    app: Arc<App>,
    places: Places,
    _directory: tempfile::TempDir,
}

fn shop() -> Shop {
    let directory = tempfile::tempdir().unwrap();
    let places = Places::new(&directory.path().join("data"), None);
    let register = RegisterSource::Text(privacy::register::TEMPLATE.to_owned());
    let app = open_app(StartOptions::new(places.clone(), register, Progress::Hidden)).unwrap();
    Shop { app, places, _directory: directory }
}

impl Shop {
    fn routes(&self) -> Vec<Route> {
        all_routes(&self.app, &self.places).routes().to_vec()
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        let table = all_routes(&self.app, &self.places);
        finish(table, Arc::clone(&self.app), "http").oneshot(request).await.unwrap()
    }

    fn token(&self) -> String {
        format!("Bearer {}", TokenFile::in_directory(&self.places.key_dir).read().unwrap())
    }

    async fn ask_as_operator(&self, method: Method, path: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri(path).header(header::AUTHORIZATION, self.token());
        self.ask(request.body(Body::empty()).unwrap()).await
    }
}

fn request(method: &Method, path: &str) -> Request<Body> {
    Request::builder().method(method.clone()).uri(path).body(Body::from("{}")).unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 22).await.unwrap().to_vec()).unwrap()
}

/// Pages of the demo and of the privacy centre, files of pages and the questions that browsers ask beforehand are no part of the API.
fn is_api(route: &Route) -> bool {
    !matches!(route.access, Access::Demo | Access::DataSubject)
        && route.method != Method::OPTIONS
        && !route.path.starts_with("/assets/")
        && !route.path.starts_with("/privacy")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_api_is_described_and_every_description_has_its_route() {
    let routes = shop().routes();
    let there: BTreeSet<String> = routes
        .iter()
        .filter(|route| is_api(route))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    let described: BTreeSet<String> =
        operations().unwrap().into_iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    assert_eq!(there, described);
    let document = serde_json::to_value(document(&routes).unwrap()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let in_document: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    assert_eq!(in_document, described);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_guarded_routes_refuse_and_public_ones_answer() {
    let shop = shop();
    for route in shop.routes() {
        let path = route.path.replace("{key}", "x");
        let response = shop.ask(request(&route.method, &path)).await;
        let status = response.status();
        match route.access {
            Access::Operator => {
                assert_eq!(status, StatusCode::UNAUTHORIZED, "{route:?}");
                assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{route:?}");
            }
            // A client's route may find the body wanting before it looks for a key in it.
            Access::Client => assert!(
                status == StatusCode::UNAUTHORIZED || status == StatusCode::BAD_REQUEST,
                "{route:?}: {status}"
            ),
            Access::DataSubject => {
                assert_eq!(status, StatusCode::SEE_OTHER, "{route:?}");
                assert_eq!(response.headers()[header::LOCATION], "/privacy", "{route:?}");
            }
            Access::Public | Access::Pages | Access::Demo => {
                assert_ne!(status, StatusCode::UNAUTHORIZED, "{route:?}")
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_and_the_right_one_opens() {
    let shop = shop();
    let wrong =
        Request::get("/metrics").header(header::AUTHORIZATION, "Bearer AAAA").body(Body::empty()).unwrap();
    assert_eq!(shop.ask(wrong).await.status(), StatusCode::UNAUTHORIZED);
    let response = shop.ask_as_operator(Method::GET, "/metrics").await;
    assert_eq!(response.status(), StatusCode::OK);
    let figures = text(response).await;
    assert!(figures.contains("equipoise_audit_entries") && figures.ends_with("# EOF\n"), "{figures}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_with_a_mend_and_safe_headers() {
    let shop = shop();
    for (request, status, kind) in [
        (request(&Method::GET, "/nothing?email=ana@example.com"), 404, "not-found"),
        (request(&Method::DELETE, "/healthz"), 405, "method-not-allowed"),
        (
            Request::post("/v1/consent")
                .header(header::CONTENT_LENGTH, "9999999")
                .body(Body::from("{}"))
                .unwrap(),
            413,
            "too-large",
        ),
    ] {
        let response = shop.ask(request).await;
        assert_eq!(response.status(), status);
        let headers = response.headers().clone();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers["x-request-id"].len(), 16);
        let problem: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(problem["type"], format!("urn:equipoise:problem:{kind}"));
        assert!(!problem["mend"].as_str().unwrap().is_empty());
    }
    // What was asked for stands in no figure.
    let figures = text(shop.ask_as_operator(Method::GET, "/metrics").await).await;
    assert!(
        figures.contains("route=\"unmatched\"") && !figures.contains("nothing") && !figures.contains("ana@"),
        "{figures}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn health_and_documentation_are_open_to_all() {
    let shop = shop();
    let health = text(shop.ask(request(&Method::GET, "/healthz")).await).await;
    assert_eq!(health, "{\"status\":\"alive\"}");
    let ready = shop.ask(request(&Method::GET, "/readyz")).await;
    assert_eq!(ready.status(), StatusCode::OK);
    let page = text(shop.ask(request(&Method::GET, "/docs")).await).await;
    assert!(page.contains("/v1/recommendations") && !page.contains("<script"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_takes_no_write_makes_the_server_not_ready() {
    let mut shop = shop();
    shop.places.data_dir = shop.places.data_dir.join("gone");
    let response = shop.ask(request(&Method::GET, "/readyz")).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!((&body["disk"], &body["store"]), (&"wrong".into(), &"ok".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_new_shop_sound_and_a_backup_is_made_where_backups_go() {
    let shop = shop();
    let found: Vec<Diagnosis> =
        serde_json::from_str(&text(shop.ask_as_operator(Method::GET, "/v1/doctor").await).await).unwrap();
    assert!(found.iter().all(|one| one.level != Level::Wrong), "{found:?}");
    assert!(found.iter().any(|one| one.part == "backup" && one.level == Level::Warning), "{found:?}");
    let made: Value =
        serde_json::from_str(&text(shop.ask_as_operator(Method::POST, "/v1/backups").await).await).unwrap();
    let to = std::path::PathBuf::from(made["to"].as_str().unwrap());
    assert!(to.starts_with(shop.places.backups()) && to.join("equipoise.db").exists(), "{made}");
    let rotated = text(shop.ask_as_operator(Method::POST, "/v1/keys/rotate").await).await;
    assert_eq!(rotated, "{\"epoch\":2}");
}

#[test]
fn a_shop_opens_once_at_a_time_and_again_after_its_end() {
    let shop = shop();
    let register = RegisterSource::Text(privacy::register::TEMPLATE.to_owned());
    let again = || open_app(StartOptions::new(shop.places.clone(), register.clone(), Progress::Hidden));
    let error = again().err().unwrap();
    assert!(
        matches!(error, StartError::Open(store::OpenError::InUse(_))) && !error.mend().is_empty(),
        "{error}"
    );
    let Shop { app, .. } = &shop;
    app.store.clone().close();
}

#[test]
fn a_served_shop_is_not_opened_beside_its_server() {
    let directory = tempfile::tempdir().unwrap();
    let places = Places::new(directory.path(), None);
    let mut held = announce(directory.path()).unwrap();
    held.say("http://127.0.0.1:4711").unwrap();
    let register = RegisterSource::Text(privacy::register::TEMPLATE.to_owned());
    let error = open_app(StartOptions::new(places, register, Progress::Hidden)).err().unwrap();
    assert!(matches!(&error, StartError::Served(origin) if origin.contains("4711")), "{error}");
    assert!(error.mend().contains("stop it first"));
}
