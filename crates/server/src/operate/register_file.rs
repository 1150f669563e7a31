//! Finding and reading `equipoise.toml`. Must never make do with a register that has a mistake.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use privacy::register::{Mistake, Register};

const NAME: &str = "equipoise.toml";

/// Where the register comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterSource {
    /// A file.
    File(PathBuf),
    /// A text that the program carries, such as the demo shop's.
    Text(String),
}

/// Why there is no register.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterFileError {
    /// There is no file.
    #[error("there is no register at `{0}`")]
    Missing(PathBuf),
    /// It can't be read.
    #[error("`{path}` can't be read: {why}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// It has mistakes.
    #[error("{}", Mistakes { name, mistakes })]
    Mistakes {
        /// What the text is called.
        name: String,
        /// From top to bottom.
        mistakes: Vec<Mistake>,
    },
}

impl RegisterFileError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Missing(_) => {
                "run `equipoise init` to write one to begin with, or name yours with `--config`".to_owned()
            }
            Self::Unreadable { .. } => "see that it is a text file that this user may read".to_owned(),
            Self::Mistakes { .. } => "mend these lines, then run `equipoise check`".to_owned(),
        }
    }
}

struct Mistakes<'a> {
    name: &'a str,
    mistakes: &'a [Mistake],
}

impl fmt::Display for Mistakes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, mistakes } = self;
        match mistakes.len() {
            1 => write!(f, "`{name}` has a mistake")?,
            n => write!(f, "`{name}` has {n} mistakes")?,
        }
        for Mistake { line, what, mend } in *mistakes {
            write!(f, "\n{name}:{line}: {what} → {mend}")?;
        }
        Ok(())
    }
}

/// The register's file: the named one, or `equipoise.toml` here, or the one in the data directory if only that exists.
#[must_use]
pub fn find(named: Option<&Path>, data_dir: &Path) -> PathBuf {
    let here = PathBuf::from(NAME);
    let beside_data = data_dir.join(NAME);
    match named {
        Some(path) => path.to_owned(),
        None if !here.exists() && beside_data.exists() => beside_data,
        None => here,
    }
}

/// Reads a register.
///
/// # Errors
/// [`RegisterFileError`] with every mistake.
pub fn read(source: &RegisterSource) -> Result<Register, RegisterFileError> {
    let (name, text) = match source {
        RegisterSource::Text(text) => (NAME.to_owned(), text.clone()),
        RegisterSource::File(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
                ErrorKind::NotFound => RegisterFileError::Missing(path.clone()),
                ErrorKind::InvalidData => RegisterFileError::Unreadable {
                    path: path.clone(),
                    why: "it isn't UTF-8 text".to_owned(),
                },
                _ => RegisterFileError::Unreadable { path: path.clone(), why: error.to_string() },
            })?;
            (path.display().to_string(), text)
        }
    };
    privacy::register::read(&text).map_err(|mistakes| RegisterFileError::Mistakes { name, mistakes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_named_with_its_line_and_mend() {
        let text = privacy::register::TEMPLATE.replace("currency = \"NZD\"", "currency = \"dollars\"");
        let error = read(&RegisterSource::Text(text)).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("equipoise.toml:15: ") && said.contains(" → "), "{said}");
        assert!(error.mend().contains("equipoise check"));
    }

    #[test]
    fn a_missing_register_points_to_init() {
        let error = read(&RegisterSource::File("/nowhere/equipoise.toml".into())).unwrap_err();
        assert_eq!(error, RegisterFileError::Missing("/nowhere/equipoise.toml".into()));
        assert!(error.mend().contains("equipoise init"));
    }

    #[test]
    fn the_register_beside_the_data_is_found_when_none_is_named() {
        let place = tempfile::tempdir().unwrap();
        let beside = place.path().join(NAME);
        assert_eq!(find(None, place.path()), PathBuf::from(NAME));
        std::fs::write(&beside, "").unwrap();
        assert_eq!(find(None, place.path()), beside);
        assert_eq!(find(Some(Path::new("x.toml")), place.path()), PathBuf::from("x.toml"));
    }
}
