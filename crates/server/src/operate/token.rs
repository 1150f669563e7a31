//! The operator's token: made at first start, kept in a file that its owner alone may read, known to the server as a
//! hash. The token must never stand in a log or an error.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use privacy::entropy::{Entropy, NoEntropy, draw};

use crate::web::TokenHash;

const FILE: &str = "api.token";
/// With what the shop's own login signs.
const LOGIN: &str = "login.secret";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Others can read it.
    #[error("others on this machine can read the secret `{0}`")]
    Readable(PathBuf),
    /// It isn't 32 bytes in base64url.
    #[error("`{0}` does not hold a token")]
    Form(PathBuf),
    /// There is none.
    #[error("there is no operator's token at `{0}`")]
    Missing(PathBuf),
    /// The file can't be read or written.
    #[error("`{path}` can't be used: {why}")]
    File {
        /// Which.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// The source of randomness failed.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
}

impl TokenError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Readable(path) | Self::Form(path) if path.ends_with(LOGIN) => format!(
                "delete `{}`, start again, and give the new one to your shop's login: somebody may know the old one",
                path.display()
            ),
            Self::Readable(path) => {
                format!(
                    "run `chmod 600 {}`, then `equipoise token rotate`: somebody may know it",
                    path.display()
                )
            }
            Self::Form(_) => "run `equipoise token rotate` to make a new one".to_owned(),
            Self::Missing(_) => {
                "start the server once with `equipoise serve`, or name the place with `--key-dir`".to_owned()
            }
            Self::File { .. } => "see that this user may read and write the key directory".to_owned(),
            Self::Entropy(_) => {
                "try again; if it stays so, the machine has no source of randomness".to_owned()
            }
        }
    }
}

/// The file in which the operator's token stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// The token's file in a key directory.
    #[must_use]
    pub fn in_directory(key_dir: &Path) -> Self {
        Self { path: key_dir.join(FILE) }
    }

    /// The secret that the shop's own login shares with the privacy centre. It is kept just as the token is.
    #[must_use]
    pub fn of_login(key_dir: &Path) -> Self {
        Self { path: key_dir.join(LOGIN) }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The token itself, for a command that asks the running server.
    ///
    /// # Errors
    /// [`TokenError`] when it is missing, readable by others or damaged.
    pub fn read(&self) -> Result<String, TokenError> {
        let metadata = std::fs::metadata(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => TokenError::Missing(self.path.clone()),
            _ => self.file(&error),
        })?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(TokenError::Readable(self.path.clone()));
        }
        let text = std::fs::read_to_string(&self.path).map_err(|error| self.file(&error))?;
        let token = text.trim();
        match URL_SAFE_NO_PAD.decode(token) {
            Ok(bytes) if bytes.len() == 32 => Ok(token.to_owned()),
            _ => Err(TokenError::Form(self.path.clone())),
        }
    }

    /// The token's hash; makes the token at first.
    ///
    /// # Errors
    /// [`TokenError`], but never because there is none.
    pub fn hash_or_make(&self, entropy: &dyn Entropy) -> Result<TokenHash, TokenError> {
        self.read_or_make(entropy).map(|token| TokenHash::of(&token))
    }

    /// What stands in the file; makes it at first.
    ///
    /// # Errors
    /// [`TokenError`], but never because there is none.
    pub fn read_or_make(&self, entropy: &dyn Entropy) -> Result<String, TokenError> {
        match self.read() {
            Err(TokenError::Missing(_)) => {
                self.write(entropy, &self.path)?;
                self.read()
            }
            read => read,
        }
    }

    /// Puts a new token in the place of the old one. A running server takes it up when it is started again.
    ///
    /// # Errors
    /// [`TokenError`] when it can't be written; the old one holds then.
    pub fn rotate(&self, entropy: &dyn Entropy) -> Result<(), TokenError> {
        let new = self.path.with_extension("token.new");
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(self.file(&error)),
            _ => {}
        }
        self.write(entropy, &new)?;
        std::fs::rename(&new, &self.path).map_err(|error| self.file(&error))
    }

    fn write(&self, entropy: &dyn Entropy, path: &Path) -> Result<(), TokenError> {
        if let Some(directory) = path.parent() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(directory)
                .map_err(|error| self.file(&error))?;
        }
        let token = URL_SAFE_NO_PAD.encode(draw::<32>(entropy)?);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| self.file(&error))?;
        writeln!(file, "{token}").and_then(|()| file.sync_all()).map_err(|error| self.file(&error))
    }

    fn file(&self, error: &std::io::Error) -> TokenError {
        TokenError::File { path: self.path.clone(), why: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::SystemEntropy;

    #[test]
    fn the_token_is_made_once_for_its_owner_alone() {
        let place = tempfile::tempdir().unwrap();
        let file = TokenFile::in_directory(&place.path().join("keys"));
        assert!(matches!(file.read(), Err(TokenError::Missing(_))));
        let hash = file.hash_or_make(&SystemEntropy).unwrap();
        assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.read().unwrap().len(), 43);
        assert!(file.hash_or_make(&SystemEntropy).unwrap() == hash);
        file.rotate(&SystemEntropy).unwrap();
        assert!(file.hash_or_make(&SystemEntropy).unwrap() != hash);
        assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_token_that_others_can_read_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let file = TokenFile::in_directory(place.path());
        file.hash_or_make(&SystemEntropy).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = file.hash_or_make(&SystemEntropy).err().unwrap();
        assert!(matches!(error, TokenError::Readable(_)));
        assert!(error.mend().contains("chmod 600"));
    }

    #[test]
    fn a_damaged_token_is_refused_without_being_shown() {
        let place = tempfile::tempdir().unwrap();
        let file = TokenFile::in_directory(place.path());
        file.hash_or_make(&SystemEntropy).unwrap();
        std::fs::write(file.path(), "sesame").unwrap();
        let error = file.hash_or_make(&SystemEntropy).err().unwrap();
        assert!(matches!(error, TokenError::Form(_)) && !error.to_string().contains("sesame"));
    }
}
