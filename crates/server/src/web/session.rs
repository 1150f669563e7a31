//! Who is signed in: a random token in a cookie, its hash here in memory with the person, for half an hour of silence
//! and two hours at most. Must never write a session down, nor print whose it is: a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use privacy::audit::{Hash, leaf_hash};
use privacy::entropy::{Entropy, NoEntropy, draw};
use privacy::subject::Subject;

use super::serve::Scheme;
use super::{Problem, ProblemKind, cookie};

/// After how long without a request a session ends.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// After how long it ends in any case.
const LONGEST: SignedDuration = SignedDuration::from_hours(2);
/// How many there may be at once.
const MOST: usize = 20_000;

const COOKIE: &str = "equipoise_privacy";
/// A browser takes a cookie of this name over TLS alone, for this host alone (RFC 6265bis section 4.1.3.2).
const SECURE_COOKIE: &str = "__Host-equipoise_privacy";

/// Proof that the request comes from a customer who is signed in. Only the route's guard makes one.
#[derive(Clone)]
pub struct SignedIn {
    subject: Subject,
}

impl SignedIn {
    /// Who.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        self.subject
    }
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(..)")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::new(ProblemKind::Forbidden, "nobody is signed in", "sign in at /privacy"))
    }
}

/// Why nobody can be signed in now.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Too many are.
    #[error("too many people are signed in")]
    Full,
    /// No token can be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

struct Session {
    subject: Subject,
    began: Timestamp,
    seen: Timestamp,
}

impl Session {
    fn lasts(&self, now: Timestamp) -> bool {
        now.duration_since(self.seen) < IDLE && now.duration_since(self.began) < LONGEST
    }
}

/// All sessions.
#[derive(Default)]
pub struct Sessions {
    known: Mutex<HashMap<Hash, Session>>,
}

impl Sessions {
    /// Begins a session and gives its cookie to the browser.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn begin(
        &self,
        subject: Subject,
        now: Timestamp,
        entropy: &dyn Entropy,
        request: (&HeaderMap, &Extensions),
        response: &mut Response,
    ) -> Result<(), SessionError> {
        let token = URL_SAFE_NO_PAD.encode(draw::<32>(entropy)?);
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, session| session.lasts(now));
            if known.len() >= MOST {
                return Err(SessionError::Full);
            }
            known.insert(leaf_hash(token.as_bytes()), Session { subject, began: now, seen: now });
        }
        set_cookie(response, request, &token, LONGEST);
        Ok(())
    }

    /// Whose request this is, if somebody is signed in.
    #[must_use]
    pub fn find(&self, headers: &HeaderMap, extensions: &Extensions, now: Timestamp) -> Option<SignedIn> {
        let token = cookie(headers, name(headers, extensions))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = leaf_hash(token.as_bytes());
        let session = known.get_mut(&key)?;
        if !session.lasts(now) {
            known.remove(&key);
            return None;
        }
        session.seen = now;
        Some(SignedIn { subject: session.subject })
    }

    /// Ends all sessions of somebody and takes this browser's cookie away.
    pub fn end(&self, who: &SignedIn, request: (&HeaderMap, &Extensions), response: &mut Response) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, session| session.subject != who.subject);
        set_cookie(response, request, "", SignedDuration::ZERO);
    }
}

/// Whether the browser speaks TLS: with this server, or with a proxy before it that says so. Whoever says so falsely
/// only loses their own cookie.
fn is_secure(headers: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<Scheme>().is_some_and(|scheme| scheme.0 == "https")
        || headers.get("x-forwarded-proto").is_some_and(|said| said == "https")
}

fn name(headers: &HeaderMap, extensions: &Extensions) -> &'static str {
    if is_secure(headers, extensions) { SECURE_COOKIE } else { COOKIE }
}

fn set_cookie(response: &mut Response, request: (&HeaderMap, &Extensions), value: &str, age: SignedDuration) {
    let (headers, extensions) = request;
    let secure = if is_secure(headers, extensions) { "; Secure" } else { "" };
    let name = name(headers, extensions);
    let age = age.as_secs();
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;
    use axum::response::IntoResponse as _;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// Begins a session at second 0; answers it with the request headers that continue it.
    fn begun(headers: &HeaderMap) -> (Sessions, HeaderMap, String) {
        let sessions = Sessions::default();
        let mut response = "".into_response();
        let subject = Subject::generate(&SystemEntropy).unwrap();
        sessions.begin(subject, at(0), &SystemEntropy, (headers, &Extensions::new()), &mut response).unwrap();
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let mut next = headers.clone();
        next.insert(header::COOKIE, set.split(';').next().unwrap().parse().unwrap());
        (sessions, next, set)
    }

    #[test]
    fn a_session_ends_after_half_an_hour_of_silence_and_two_hours_in_any_case() {
        let none = Extensions::new();
        let (sessions, headers, _) = begun(&HeaderMap::new());
        for minute in (0..120).step_by(29) {
            assert!(sessions.find(&headers, &none, at(60 * minute)).is_some(), "{minute}");
        }
        assert!(sessions.find(&headers, &none, at(60 * 120)).is_none());
        let (sessions, headers, _) = begun(&HeaderMap::new());
        assert!(sessions.find(&headers, &none, at(60 * 30)).is_none());
        assert!(sessions.find(&headers, &none, at(0)).is_none(), "what has ended doesn't come back");
    }

    #[test]
    fn the_cookie_is_closed_to_scripts_and_other_sites_and_bound_to_tls_where_there_is_some() {
        let (_, _, plain) = begun(&HeaderMap::new());
        assert!(plain.contains("HttpOnly; SameSite=Strict") && !plain.contains("Secure"), "{plain}");
        let mut proxied = HeaderMap::new();
        proxied.insert("x-forwarded-proto", "https".parse().unwrap());
        let (sessions, headers, secure) = begun(&proxied);
        assert!(secure.starts_with("__Host-") && secure.ends_with("; Secure"), "{secure}");
        assert!(sessions.find(&headers, &Extensions::new(), at(1)).is_some());
    }

    #[test]
    fn whoever_signs_out_is_out_everywhere() {
        let none = Extensions::new();
        let (sessions, headers, _) = begun(&HeaderMap::new());
        let who = sessions.find(&headers, &none, at(1)).unwrap();
        let mut response = "".into_response();
        sessions.end(&who, (&headers, &none), &mut response);
        assert!(sessions.find(&headers, &none, at(2)).is_none());
        assert!(response.headers()[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    }
}
