//! How a command fails: what is wrong, and what to do. Must never show a cause without a mend.

use std::fmt;
use std::process::ExitCode;

use crate::demo::PrepareError;
use crate::evaluate::EvaluateError;
use crate::operate::{
    AskError, BackupError, RegisterFileError, RunningError, ServeError, StartError, TokenError,
};
use crate::question::TextsError;

/// Whose fault it is; the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It could not be done: 1.
    Failed,
    /// It was asked for in the wrong way, or the register has mistakes: 2.
    Asked,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    what: String,
    mend: String,
    fault: Fault,
}

impl Failure {
    pub(super) fn failed(what: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { what: what.to_string(), mend: mend.into(), fault: Fault::Failed }
    }

    pub(super) fn asked(what: impl fmt::Display, mend: impl Into<String>) -> Self {
        Self { fault: Fault::Asked, ..Self::failed(what, mend) }
    }

    /// 1 or 2; 0 is for what went well.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self.fault {
            Fault::Failed => ExitCode::from(1),
            Fault::Asked => ExitCode::from(2),
        }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn mend(&self) -> &str {
        &self.mend
    }

    #[cfg(test)]
    pub(super) const fn fault(&self) -> Fault {
        self.fault
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, mend, fault: _ } = self;
        write!(f, "{what}\n→ {mend}")
    }
}

impl From<RegisterFileError> for Failure {
    fn from(error: RegisterFileError) -> Self {
        Self::asked(&error, error.mend())
    }
}

impl From<TextsError> for Failure {
    fn from(error: TextsError) -> Self {
        Self::asked(&error, error.mend())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Register(error) => error.into(),
            StartError::Texts(error) => error.into(),
            other => Self::failed(&other, other.mend()),
        }
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        match error {
            PrepareError::Start(error) => error.into(),
            other => Self::failed(&other, other.mend()),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::failed(&error, error.mend())
    }
}

impl From<AskError> for Failure {
    fn from(error: AskError) -> Self {
        Self::failed(&error, error.mend())
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::failed(&error, error.mend())
    }
}

impl From<RunningError> for Failure {
    fn from(error: RunningError) -> Self {
        Self::failed(&error, "stop the other server, or name other data with `--data-dir`")
    }
}

impl From<EvaluateError> for Failure {
    fn from(error: EvaluateError) -> Self {
        let asked = matches!(error, EvaluateError::Model(..));
        let mend = error.mend();
        if asked { Self::asked(&error, mend) } else { Self::failed(&error, mend) }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::failed(
            &error,
            "name a new or empty directory with `--to`, on a disk with room for all of the data",
        )
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::failed(&error, "run `equipoise doctor`; it says what is wrong with the data")
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::failed(
            format!("the answer could not be written: {error}"),
            "see where the output goes, and the room there",
        )
    }
}
