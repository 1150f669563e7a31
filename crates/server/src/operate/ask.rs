//! Asking the running server, on behalf of a command on the same machine. Must never follow a server anywhere else:
//! the operator's token goes to this machine alone.

use std::time::Duration;

use serde_json::Value;

use super::{Places, RunningError, Serving, TokenError, TokenFile, serving};

/// Why the running server didn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It can't be told whether there is one.
    #[error(transparent)]
    Running(#[from] RunningError),
    /// There is one, and it isn't ready.
    #[error("the server is just starting")]
    Starting,
    /// There is no token to ask with.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It didn't answer.
    #[error("the server at {origin} did not answer: {why}")]
    Silent {
        /// Where it should be.
        origin: String,
        /// The library's words.
        why: String,
    },
    /// It refused.
    #[error("{detail}")]
    Refused {
        /// The answer's status.
        status: u16,
        /// What is wrong.
        detail: String,
        /// What to do.
        mend: String,
    },
}

impl AskError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Running(_) => "see that this user may read the data directory".to_owned(),
            Self::Starting => "try again when it says where it listens".to_owned(),
            Self::Token(error) => error.mend(),
            Self::Silent { .. } => "look into its log; if it hangs, stop it and try again".to_owned(),
            Self::Refused { status: 401, .. } => {
                "the token has changed since the server was started; start the server again".to_owned()
            }
            Self::Refused { mend, .. } => mend.clone(),
        }
    }
}

/// A running server, ready to be asked by the operator.
pub struct Ask {
    origin: String,
    token: String,
    agent: ureq::Agent,
}

impl Ask {
    /// The server that has this data, if there is one.
    ///
    /// # Errors
    /// [`AskError`] when there is one that can't be asked.
    pub fn find(places: &Places) -> Result<Option<Self>, AskError> {
        let origin = match serving(&places.data_dir)? {
            Serving::Nobody => return Ok(None),
            Serving::Starting => return Err(AskError::Starting),
            Serving::At(origin) => origin,
        };
        let token = TokenFile::in_directory(&places.key_dir).read()?;
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(3600)))
            .build()
            .into();
        Ok(Some(Self { origin, token, agent }))
    }

    /// Where it is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The operator's token, for a feature that asks by itself.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// `GET path`.
    ///
    /// # Errors
    /// [`AskError`] when it doesn't answer or refuses.
    pub fn get(&self, path: &str) -> Result<Value, AskError> {
        let asked =
            self.agent.get(format!("{}{path}", self.origin)).header("authorization", self.bearer()).call();
        self.answer(asked)
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// [`AskError`] when it doesn't answer or refuses.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, AskError> {
        let asked = self
            .agent
            .post(format!("{}{path}", self.origin))
            .header("authorization", self.bearer())
            .header("content-type", "application/json")
            .send(body.to_string());
        self.answer(asked)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn answer(
        &self,
        asked: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Value, AskError> {
        let silent = |why: String| AskError::Silent { origin: self.origin.clone(), why };
        let mut response = asked.map_err(|error| silent(error.to_string()))?;
        let text = response.body_mut().read_to_string().map_err(|error| silent(error.to_string()))?;
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let word = |name: &str, otherwise: &str| {
            body.get(name).and_then(Value::as_str).map_or_else(|| otherwise.to_owned(), str::to_owned)
        };
        Err(AskError::Refused {
            status,
            detail: word("detail", "the server refused"),
            mend: word("mend", "look into the server's log"),
        })
    }
}
