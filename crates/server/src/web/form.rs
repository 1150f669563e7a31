//! Forms of our own pages: that one was sent from here, what stands in it, and where the browser goes next. Nothing here
//! may send a browser to another host.

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use serde::de::DeserializeOwned;

use super::{Problem, ProblemKind};

/// Whether a form comes from a page of this very shop, so that no other site can send one in a customer's name.
///
/// Browsers say so in `Sec-Fetch-Site`; those that don't (older ones, and any over plain HTTP elsewhere than on this
/// machine) send `Origin`, whose host must be the one that was asked. A request with neither is no browser's form and
/// is refused too. Together with `SameSite=Lax` cookies this needs no token in the form.
///
/// # Errors
/// [`Problem`] for everything else.
pub fn from_our_own_page(headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let asked = said("host").or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let ours = match (said("sec-fetch-site"), said("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => origin.split_once("://").is_some_and(|(_, host)| Some(host) == asked),
        (None, None) => false,
    };
    if ours {
        return Ok(());
    }
    Err(Problem::new(
        ProblemKind::Forbidden,
        "this form was not sent from a page of this shop",
        "open the shop's page and send the form from there",
    ))
}

/// The fields of a posted form. Its body has the very form of a query string (application/x-www-form-urlencoded).
///
/// # Errors
/// [`Problem`] when a field is missing or the body is none.
pub fn fields<T: DeserializeOwned>(body: &str) -> Result<T, Problem> {
    let unreadable = || Problem::malformed("the form can't be read", "open the page again and send its form");
    if body.len() > 4096 {
        return Err(unreadable());
    }
    let uri: Uri = format!("/?{body}").parse().map_err(|_| unreadable())?;
    Query::<T>::try_from_uri(&uri).map(|Query(form)| form).map_err(|_| unreadable())
}

/// The value of a cookie that came with the request.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Sends the browser to another page of the shop.
#[must_use]
pub fn go_to(path: &str) -> Response {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let to = HeaderValue::from_str(if ours { path } else { "/" }).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        from_our_own_page(&map, &Uri::from_static("/cart/add")).is_ok()
    }

    #[test]
    fn only_forms_of_our_own_pages_are_taken() {
        assert!(allowed(&[("host", "127.0.0.1:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://evil.example")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "http://evil.example/127.0.0.1:8080")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080"), ("origin", "null")]));
        assert!(!allowed(&[("host", "127.0.0.1:8080")]));
        for site in ["cross-site", "same-site", "none"] {
            let both = [("host", "a.example"), ("origin", "http://a.example"), ("sec-fetch-site", site)];
            assert!(!allowed(&both), "{site}");
        }
    }

    #[test]
    fn nobody_is_sent_to_another_host() {
        for (path, to) in
            [("/you", "/you"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/")]
        {
            assert_eq!(go_to(path).headers().get(header::LOCATION).unwrap(), to);
        }
    }
}
