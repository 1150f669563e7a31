//! The two ways in from the command line: straight to the store when no server runs, or through the running server.
//! Both do the same and answer the same.

use std::sync::Arc;

use serde_json::Value;

use super::{Desk, serve};
use crate::app::App;
use crate::consent::operator;
use crate::web::Problem;

/// Why a command failed, in words for whoever typed it.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The server or the desk said no.
    #[error("{detail}\n  {mend}")]
    Refused {
        /// What is wrong.
        detail: String,
        /// What to do.
        mend: String,
    },
    /// The server could not be asked.
    #[error("the server at {base} could not be asked: {why}\n  check that it runs, and the address")]
    Unreachable {
        /// Its address.
        base: String,
        /// The cause.
        why: String,
    },
    /// The arguments don't make a request.
    #[error("{0}")]
    Arguments(String),
    /// A file can't be read or written.
    #[error("`{path}` can't be used: {why}")]
    File {
        /// Which.
        path: String,
        /// The operating system's words.
        why: String,
    },
    /// The store can't be read.
    #[error(transparent)]
    Store(#[from] privacy::store::StoreError),
}

/// A way to the desk.
pub enum Door {
    /// No server runs: this process has the store.
    Local(Arc<App>),
    /// A server runs.
    Remote {
        /// Its address, `http://127.0.0.1:8080`.
        base: String,
        /// The operator's token.
        token: String,
    },
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(_) => f.write_str("Local"),
            Self::Remote { base, token: _ } => write!(f, "Remote({base})"),
        }
    }
}

impl Door {
    /// Asks for something at the desk.
    ///
    /// # Errors
    /// [`CliError::Refused`] with what to do, or [`CliError::Unreachable`].
    pub fn call(&self, desk: Desk, body: &Value) -> Result<Value, CliError> {
        self.ask(desk.path(), body, |app| serve(app, desk, body, operator()))
    }

    /// Asks the running server at `path`, or else has `work` do the same here.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn ask(
        &self,
        path: &str,
        body: &Value,
        work: impl FnOnce(&Arc<App>) -> Result<Value, Problem>,
    ) -> Result<Value, CliError> {
        match self {
            Self::Local(app) => work(app).map_err(|problem| CliError::Refused {
                detail: problem.detail().to_owned(),
                mend: problem.mend().to_owned(),
            }),
            Self::Remote { base, token } => remote(base, token, path, body),
        }
    }
}

fn remote(base: &str, token: &str, path: &str, body: &Value) -> Result<Value, CliError> {
    let base = base.trim_end_matches('/');
    let unreachable = |why: String| CliError::Unreachable { base: base.to_owned(), why };
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let mut response = agent
        .post(format!("{base}{path}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(body.to_string())
        .map_err(|error| unreachable(error.to_string()))?;
    let status = response.status();
    // An access document of somebody with years of history is large.
    let text = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()
        .map_err(|error| unreachable(error.to_string()))?;
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    match (status.is_success(), answer) {
        (true, Some(document)) => Ok(document),
        (true, None) => Err(unreachable("the answer is no JSON".to_owned())),
        (false, Some(problem)) => {
            let said = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
            Err(CliError::Refused {
                detail: said("detail").unwrap_or_else(|| format!("the server answered {status}")),
                mend: said("mend").unwrap_or_else(|| "look into the server's log".to_owned()),
            })
        }
        (false, None) => Err(unreachable(format!("it answered {status}"))),
    }
}
