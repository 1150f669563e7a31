//! Whom a request is about, and why it could not be served. An identity must never stand in an error, a URL or a log.

use privacy::grant::ReadError;
use privacy::pseudonym::IdentityKind;
use privacy::rights::RightsError;
use privacy::store::StoreError;
use privacy::subject::Subject;
use serde_json::Value;
use store::Snapshot;

use crate::consent::ChoiceError;
use crate::web::{Problem, ProblemKind, SignedIn};

/// A person, by one of their identities, or as somebody who is signed in.
#[derive(Clone)]
pub struct Person(By);

#[derive(Clone)]
enum By {
    Identity { kind: IdentityKind, value: String },
    SignedIn(Subject),
}

impl Person {
    /// The person with this identity.
    #[must_use]
    pub fn new(kind: IdentityKind, value: impl Into<String>) -> Self {
        Self(By::Identity { kind, value: value.into() })
    }

    /// Whoever is signed in.
    #[must_use]
    pub fn signed_in(who: &SignedIn) -> Self {
        Self(By::SignedIn(who.subject()))
    }

    /// Reads exactly one of `user_id`, `anonymous_id`, `email`, `phone` out of a request's body.
    ///
    /// # Errors
    /// [`Problem`] when there is none, or more than one.
    pub fn read(body: &Value) -> Result<Self, Problem> {
        let mut stated = IdentityKind::ALL.iter().filter_map(|kind| Some((*kind, body.get(kind.as_str())?)));
        let mend = r#"send one of them as text: {"user_id": "…"}, `anonymous_id`, `email` or `phone`"#;
        let (Some((kind, value)), None) = (stated.next(), stated.next()) else {
            return Err(Problem::malformed("it isn't said whom this is about, or more than once", mend));
        };
        match value.as_str().map(str::trim) {
            Some(value) if !value.is_empty() => Ok(Self::new(kind, value)),
            _ => Err(Problem::malformed(format!("`{}` is empty or no text", kind.as_str()), mend)),
        }
    }

    /// The body that [`Self::read`] reads.
    #[must_use]
    pub fn to_body(&self) -> Value {
        let mut body = serde_json::Map::new();
        match &self.0 {
            By::Identity { kind, value } => {
                body.insert(kind.as_str().to_owned(), Value::String(value.clone()));
            }
            // Nobody outside can be named by this.
            By::SignedIn(_) => {}
        }
        Value::Object(body)
    }

    /// Whom the store knows by this identity.
    ///
    /// # Errors
    /// [`ExerciseError::Unknown`] when it is nobody.
    pub fn find(&self, tx: &Snapshot<'_>) -> Result<Subject, ExerciseError> {
        match &self.0 {
            By::Identity { kind, value } => tx.find(*kind, value)?.ok_or(ExerciseError::Unknown),
            By::SignedIn(subject) => Ok(*subject),
        }
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            By::Identity { kind, value: _ } => write!(f, "Person({})", kind.as_str()),
            By::SignedIn(_) => f.write_str("Person(signed in)"),
        }
    }
}

/// Why a right could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ExerciseError {
    /// Nobody is known by that identity.
    #[error("nobody is known by this id")]
    Unknown,
    /// The store could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something could not be read or opened.
    #[error(transparent)]
    Read(ReadError),
    /// The right itself failed.
    #[error(transparent)]
    Rights(RightsError),
    /// A decision was not taken down.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// What was asked can't be done as it was asked.
    #[error("{}", .0.detail())]
    Refused(Box<Problem>),
}

impl From<ReadError> for ExerciseError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => Self::Store(error),
            other @ (ReadError::Refused(_) | ReadError::Vault(_) | ReadError::Form(_)) => Self::Read(other),
        }
    }
}

impl From<RightsError> for ExerciseError {
    fn from(error: RightsError) -> Self {
        match error {
            RightsError::UnknownSubject => Self::Unknown,
            RightsError::Store(error) => Self::Store(error),
            other @ (RightsError::Vault(_) | RightsError::Form(_) | RightsError::Correction(..)) => {
                Self::Rights(other)
            }
        }
    }
}

impl From<Problem> for ExerciseError {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

impl From<ExerciseError> for Problem {
    fn from(error: ExerciseError) -> Self {
        match error {
            ExerciseError::Unknown => Self::new(
                ProblemKind::NotFound,
                "nobody is known by this id",
                "check the id and its kind; nothing is stored about somebody who was never heard of or was erased",
            ),
            ExerciseError::Store(error) => error.into(),
            ExerciseError::Choice(error) => error.into(),
            ExerciseError::Refused(problem) => *problem,
            ExerciseError::Rights(RightsError::Correction(kind, why)) => Self::malformed(
                format!("this is no row of `{kind}`: {why}"),
                "ask for the person's data first and change the row as it stands there",
            ),
            ExerciseError::Read(error) => Self::internal(&error),
            ExerciseError::Rights(error) => Self::internal(&error),
        }
    }
}
