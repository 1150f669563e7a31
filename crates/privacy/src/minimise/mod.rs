//! What happens to an event before anything else sees it: undeclared fields go, addresses and links are cut short,
//! browsers become a family and a version, and free text loses what people shouldn't have written into it.
//!
//! Nothing here may ever give back, print or report the raw value: what can't be understood becomes nothing.
//! Names of people in free text are *not* found: that needs a language model and would still be wrong too often.
//! Fields that hold names must be left undeclared.

mod agent;
mod came_from;
mod fields;
mod link;
mod network;
mod number;
mod text;

pub use agent::{Agent, Device, Os};
pub use came_from::{CameFrom, region};
pub use fields::{AllowList, AllowListError, Dropped};
pub use link::{minimise_path, minimise_referrer, minimise_url};
pub use network::{TruncatedIp, truncate_forwarded, truncate_ip};
pub use text::{Finding, Kind, Redacted, find_personal, looks_like_personal, redact};
