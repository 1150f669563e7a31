//! HTTP as such: which routes there are and who may use them, errors as problem details, the page's frame.
//! Must know no feature.

mod access;
pub mod assets;
mod form;
pub mod page;
mod problem;
mod router;
mod serve;
mod session;
mod tls;
mod words;

pub use access::{Access, TokenHash, WriteKey};
pub use form::{cookie, fields, from_our_own_page, go_to};
pub use problem::{Problem, ProblemKind};
pub use router::{Route, State, Table};
pub use serve::{Listener, Protection, Scheme, Stopper, finish};
pub use session::{SessionError, Sessions, SignedIn};
pub use tls::{TlsError, TlsFiles};
pub use words::Words;
