//! A short-lived word of the shop's own login: "this is customer so-and-so", as a JSON Web Token (RFC 7519) signed with
//! HMAC-SHA-256. Must never take another algorithm, nor a token without an end, and must never print a token or a secret.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;
use zeroize::Zeroizing;

/// Whom a token must be meant for (`aud`).
pub const AUDIENCE: &str = "equipoise-privacy";
/// How long a token may be good for, in seconds.
pub const LONGEST_SECONDS: i64 = 300;
/// How far the shop's clock may be ahead of ours, in seconds.
const AHEAD_SECONDS: i64 = 60;
/// The longest name that a token may have, in bytes.
const LONGEST_NAME: usize = 128;
/// The longest token that is looked at, in bytes.
const LONGEST_TOKEN: usize = 2048;

/// What the shop's login signs with, and we check with.
pub struct LoginSecret(Zeroizing<Vec<u8>>);

impl LoginSecret {
    /// The secret as it stands in its file: the text itself is the key.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

impl std::fmt::Debug for LoginSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginSecret(..)")
    }
}

/// What a token says. It may be used once: whoever takes it must remember `name` until `expires`.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The customer's id in the shop (`sub`).
    pub user_id: String,
    /// The token's own name (`jti`).
    pub name: String,
    /// When it ends (`exp`).
    pub expires: Timestamp,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// Why a token is refused. For the log: whoever sent it is told only that it isn't good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Not a token of this shop's login for this place.
    #[error("the token isn't signed for this by the shop's login")]
    Foreign,
    /// Its time is over, hasn't come, or is too long.
    #[error("the token isn't good at this time, or for too long")]
    Time,
    /// It has no name, or names nobody.
    #[error("the token has no `jti` or no `sub`")]
    Nameless,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    jti: String,
    iat: i64,
    exp: i64,
}

/// Checks a token.
///
/// # Errors
/// [`LoginError`] says which check failed.
///
/// ```
/// use privacy::login::{LoginError, LoginSecret, read_login};
/// let secret = LoginSecret::new("a secret of the shop");
/// assert_eq!(read_login("no.token.atall", &secret, jiff::Timestamp::UNIX_EPOCH), Err(LoginError::Foreign));
/// ```
pub fn read_login(token: &str, secret: &LoginSecret, now: Timestamp) -> Result<Login, LoginError> {
    if token.len() > LONGEST_TOKEN {
        return Err(LoginError::Foreign);
    }
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&[AUDIENCE]);
    rules.set_required_spec_claims(&["aud", "exp", "sub"]);
    // Times are checked below, against the time that was passed.
    rules.validate_exp = false;
    let key = DecodingKey::from_secret(&secret.0);
    let Claims { sub, jti, iat, exp } =
        decode::<Claims>(token, &key, &rules).map_err(|_| LoginError::Foreign)?.claims;
    let now = now.as_second();
    let life = exp.saturating_sub(iat);
    if exp <= now || iat > now.saturating_add(AHEAD_SECONDS) || !(1..=LONGEST_SECONDS).contains(&life) {
        return Err(LoginError::Time);
    }
    if jti.is_empty() || jti.len() > LONGEST_NAME || sub.trim().is_empty() {
        return Err(LoginError::Nameless);
    }
    let expires = Timestamp::from_second(exp).map_err(|_| LoginError::Time)?;
    Ok(Login { user_id: sub, name: jti, expires })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

    fn read(algorithm: Algorithm, secret: &str, change: impl Fn(&mut Value)) -> Result<Login, LoginError> {
        let mut claims = json!({"sub": "42", "jti": "one", "iat": 1000, "exp": 1300, "aud": AUDIENCE});
        change(&mut claims);
        let key = EncodingKey::from_secret(secret.as_bytes());
        let token = encode(&Header::new(algorithm), &claims, &key).unwrap();
        read_login(&token, &LoginSecret::new(SECRET), Timestamp::from_second(1010).unwrap())
    }

    #[test]
    fn a_login_is_taken_only_as_it_was_agreed() {
        let good = read(Algorithm::HS256, SECRET, |_| {}).unwrap();
        assert_eq!(
            (good.user_id.as_str(), good.name.as_str(), good.expires.as_second()),
            ("42", "one", 1300)
        );
        let refused = |wrong: fn(&mut Value)| read(Algorithm::HS256, SECRET, wrong).unwrap_err();
        assert_eq!(refused(|claims| claims["aud"] = json!("other")), LoginError::Foreign);
        assert_eq!(
            refused(|claims| drop(claims.as_object_mut().unwrap().remove("aud"))),
            LoginError::Foreign
        );
        assert_eq!(
            refused(|claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
            LoginError::Foreign
        );
        assert_eq!(
            refused(|claims| drop(claims.as_object_mut().unwrap().remove("jti"))),
            LoginError::Foreign
        );
        assert_eq!(refused(|claims| claims["exp"] = json!(1010)), LoginError::Time);
        assert_eq!(refused(|claims| claims["exp"] = json!(1301)), LoginError::Time);
        assert_eq!(refused(|claims| claims["iat"] = json!(1071)), LoginError::Time);
        assert_eq!(refused(|claims| claims["iat"] = json!(i64::MIN)), LoginError::Time);
        assert_eq!(refused(|claims| claims["jti"] = json!("")), LoginError::Nameless);
        assert_eq!(refused(|claims| claims["sub"] = json!(" ")), LoginError::Nameless);
        assert_eq!(read(Algorithm::HS256, "another secret", |_| {}), Err(LoginError::Foreign));
        assert_eq!(read(Algorithm::HS512, SECRET, |_| {}), Err(LoginError::Foreign));
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        // {"alg":"none"}.{"sub":"42","jti":"one","iat":1000,"exp":1300,"aud":"equipoise-privacy"}.
        let token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiIsImp0aSI6Im9uZSIsImlhdCI6MTAwMCwiZXhwIjoxMzAwLCJhdWQiOiJlcXVpcG9pc2UtcHJpdmFjeSJ9.";
        let now = Timestamp::from_second(1010).unwrap();
        assert_eq!(read_login(token, &LoginSecret::new(SECRET), now), Err(LoginError::Foreign));
    }
}
