//! The ways in: links that were asked for, and the shop's own login. Everything lies in memory as hashes, and ends by
//! itself. Must never hold an address, nor look up whether one is known before its owner has come by the link.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use privacy::audit::{Hash, leaf_hash};
use privacy::entropy::{Entropy, NoEntropy, draw};
use privacy::login::{LoginError, LoginSecret, read_login};
use privacy::pseudonym::BlindIndex;

/// How long a link is good for.
const LINK_LASTS: SignedDuration = SignedDuration::from_mins(15);
/// Over how long requests are counted.
const COUNTED: SignedDuration = SignedDuration::from_mins(15);
/// How many links an address gets in that time.
const OF_ONE: usize = 3;
/// How many links all addresses together get in that time.
const OF_ALL: usize = 1000;
/// How many used tokens are remembered; each for as long as it would be good.
const MOST_USED: usize = 100_000;

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// Too many were asked for.
    #[error("too many links were asked for")]
    TooMany,
    /// No token can be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

/// Why the shop's login was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenError {
    /// The token isn't good.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// It was used before.
    #[error("the token was used before")]
    Used,
}

struct Link {
    /// The keyed name of the address it was asked for.
    address: BlindIndex,
    expires: Timestamp,
}

/// All ways in.
pub struct Doors {
    secret: LoginSecret,
    links: Mutex<HashMap<Hash, Link>>,
    asked: Mutex<Vec<(BlindIndex, Timestamp)>>,
    used: Mutex<HashMap<Hash, Timestamp>>,
}

impl Doors {
    /// Nobody has asked for anything yet. The shop's login signs with this secret.
    #[must_use]
    pub fn new(secret: LoginSecret) -> Self {
        Self { secret, links: Mutex::default(), asked: Mutex::default(), used: Mutex::default() }
    }

    /// A link's token for whoever reads the mail of this address.
    pub(super) fn make_link(
        &self,
        address: BlindIndex,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<String, LinkError> {
        {
            let mut asked = locked(&self.asked);
            asked.retain(|(_, at)| now.duration_since(*at) < COUNTED);
            let of_one = asked.iter().filter(|(known, _)| *known == address).count();
            if asked.len() >= OF_ALL || of_one >= OF_ONE {
                return Err(LinkError::TooMany);
            }
            asked.push((address, now));
        }
        let token = URL_SAFE_NO_PAD.encode(draw::<32>(entropy)?);
        let mut links = locked(&self.links);
        links.retain(|_, link| link.expires > now);
        links.insert(leaf_hash(token.as_bytes()), Link { address, expires: now + LINK_LASTS });
        Ok(token)
    }

    /// Uses a link up: whose address it was made for, if it is still good.
    pub(super) fn use_link(&self, token: &str, now: Timestamp) -> Option<BlindIndex> {
        let link = locked(&self.links).remove(&leaf_hash(token.as_bytes()))?;
        (link.expires > now).then_some(link.address)
    }

    /// Uses a token of the shop's login up: the customer's id in the shop.
    pub(super) fn use_login(&self, token: &str, now: Timestamp) -> Result<String, TokenError> {
        let login = read_login(token, &self.secret, now)?;
        let mut used = locked(&self.used);
        used.retain(|_, expires| *expires > now);
        if used.len() >= MOST_USED || used.insert(leaf_hash(login.name.as_bytes()), login.expires).is_some() {
            return Err(TokenError::Used);
        }
        Ok(login.user_id)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;

    #[test]
    fn a_link_opens_once_and_for_a_quarter_of_an_hour() {
        let doors = Doors::new(LoginSecret::new("x"));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let address = BlindIndex::from_bytes([1; 16]);
        let link = doors.make_link(address, at(0), &SystemEntropy).unwrap();
        assert!(doors.use_link(&link, at(899)) == Some(address));
        assert!(doors.use_link(&link, at(899)).is_none());
        let link = doors.make_link(address, at(0), &SystemEntropy).unwrap();
        assert!(doors.use_link(&link, at(900)).is_none());
    }

    #[test]
    fn an_address_gets_three_links_in_a_quarter_of_an_hour_and_others_still_get_theirs() {
        let doors = Doors::new(LoginSecret::new("x"));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let ask = |address, seconds| {
            doors.make_link(BlindIndex::from_bytes([address; 16]), at(seconds), &SystemEntropy).is_ok()
        };
        assert!(ask(1, 0) && ask(1, 1) && ask(1, 2) && !ask(1, 3));
        assert!(ask(2, 3));
        assert!(ask(1, 900));
    }
}
