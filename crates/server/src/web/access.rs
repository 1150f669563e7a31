//! Who may use a route. A route without a policy can't be declared; a policy that can't be checked is a no.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use privacy::register::Register;

use super::{Problem, ProblemKind};

/// The policy of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody: shows nothing personal.
    Public,
    /// Anybody, scripts on the shop's own pages included: shows nothing personal.
    Pages,
    /// The shop's clients, with a write key; the handler finds it in the header or in the body.
    Client,
    /// The operator and the shop's own servers, with the bearer token; checked before the handler runs.
    Operator,
    /// A customer who is signed in to the privacy centre; checked before the handler runs, and so is that whatever
    /// changes something was sent from our own page. The handler takes [`super::SignedIn`].
    DataSubject,
    /// The demo shop's own pages; the route exists in the demo alone.
    Demo,
}

/// A write key that the register knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteKey(String);

impl WriteKey {
    /// Finds the write key in `Authorization: Basic` (as its user name), or takes the one in the body.
    ///
    /// # Errors
    /// [`Problem`] when there is none or the register doesn't know it.
    pub fn find(headers: &HeaderMap, in_body: Option<&str>, register: &Register) -> Result<Self, Problem> {
        let stated = basic_user(headers).filter(|key| !key.is_empty()).or_else(|| in_body.map(str::to_owned));
        match stated {
            Some(key) if register.write_keys.contains(&key) => Ok(Self(key)),
            Some(_) => Err(unauthenticated("the write key is not one of this shop's")),
            None => Err(unauthenticated("there is no write key")),
        }
    }
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(
        ProblemKind::Unauthenticated,
        detail,
        "send a key from `intake.write_keys` of equipoise.toml as the user name of HTTP Basic, or as `writeKey` in the body",
    )
}

fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let encoded = value.strip_prefix("Basic ").or_else(|| value.strip_prefix("basic "))?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split(':').next().map(str::to_owned)
}

/// A token as it is kept: never the token itself.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenHash(privacy::audit::Hash);

impl TokenHash {
    /// The hash of a token of 256 random bits: a plain SHA-256 is enough where nothing can be guessed.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(privacy::audit::leaf_hash(token.as_bytes()))
    }

    /// Whether the request carries the token.
    ///
    /// # Errors
    /// [`Problem`] when it doesn't.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let stated = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")));
        match stated {
            // Hashes are compared, so that the time taken tells nothing about the token.
            Some(token) if Self::of(token.trim()) == *self => Ok(()),
            _ => Err(Problem::new(
                ProblemKind::Unauthenticated,
                "this needs the operator's token",
                "send `Authorization: Bearer …` with the token from the file `api.token` in the key directory",
            )),
        }
    }
}

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(..)")
    }
}
