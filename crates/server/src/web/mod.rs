//! HTTP as such: which routes there are and who may use them, errors as problem details, the page's frame.
//! Must know no feature.

mod access;
mod problem;
mod router;

pub use access::{Access, TokenHash, WriteKey};
pub use problem::{Problem, ProblemKind};
pub use router::{Route, Table, State};
