//! HTTP as such: which routes there are and who may use them, errors as problem details, the page's frame.
//! Must know no feature.

mod access;
pub mod assets;
pub mod page;
mod problem;
mod router;
mod serve;
mod tls;

pub use access::{Access, TokenHash, WriteKey};
pub use problem::{Problem, ProblemKind};
pub use router::{Route, State, Table};
pub use serve::{Listener, Protection, Stopper, finish};
pub use tls::{TlsError, TlsFiles};
