//! The key directory: the root key, and under it the wrapped epoch keys and secrets.
//!
//! The root key is made once, by `O_EXCL` with mode 0600, and must never be taken from a file that others can read.
//! A missing root key is never replaced while there is anything that it wrapped.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use privacy::entropy::{Entropy, NoEntropy};
use privacy::vault::{Epoch, EpochKey, RootKey, Secrets, VaultError, WrappedEpochKey, WrappedSecrets};
use zeroize::Zeroizing;

use crate::files;

const ROOT: &str = "root.key";
const SECRETS: &str = "secrets.wrapped";
const CREDENTIAL: &str = "equipoise-root-key";

/// Why the keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// Others can read the root key.
    #[error("others on this machine can read the root key; run `chmod 600 {0}` and start again")]
    Readable(PathBuf),
    /// The root key is gone, but not what it wrapped.
    #[error(
        "the root key `{0}` is missing, though keys that it wrapped are there; put it back from where you keep a copy"
    )]
    RootMissing(PathBuf),
    /// The secrets or all epoch keys are gone, but not the data.
    #[error(
        "`{0}` is missing, though there is data that needs it; put it back from where you keep a copy of the keys"
    )]
    Missing(PathBuf),
    /// The root key isn't 64 hexadecimal digits.
    #[error("`{0}` must hold 64 hexadecimal digits and nothing else")]
    Form(PathBuf),
    /// A file can't be read or written.
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
    /// A key did not wrap or unwrap.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Where the root key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootSource {
    /// A service credential of systemd.
    Credential(PathBuf),
    /// The file in the key directory.
    File(PathBuf),
}

/// The key directory.
pub(crate) struct Keyring {
    directory: PathBuf,
    root: RootKey,
    source: RootSource,
}

impl Keyring {
    /// Opens the key directory; makes the root key if nothing there can need an older one.
    pub(crate) fn open(directory: &Path, entropy: &dyn Entropy) -> Result<Self, KeyringError> {
        Self::open_with(directory, std::env::var_os("CREDENTIALS_DIRECTORY").as_deref(), entropy)
    }

    /// Opens the key directory as it is; makes nothing.
    pub(crate) fn existing(directory: &Path) -> Result<Self, KeyringError> {
        Self::read(directory, root_source(directory, std::env::var_os("CREDENTIALS_DIRECTORY").as_deref()))
    }

    fn open_with(
        directory: &Path,
        credentials: Option<&OsStr>,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeyringError> {
        files::make_directory(directory).map_err(|error| file_error(directory, &error))?;
        let source = root_source(directory, credentials);
        match &source {
            RootSource::File(path)
                if !path.exists()
                    && !directory.join(SECRETS).exists()
                    && !directory.join("keys.db").exists() =>
            {
                let root = RootKey::generate(entropy)?;
                files::create(path, to_hex(root.as_bytes()).as_bytes()).map_err(|e| file_error(path, &e))?;
                Ok(Self { directory: directory.to_owned(), root, source })
            }
            RootSource::File(_) | RootSource::Credential(_) => Self::read(directory, source),
        }
    }

    fn read(directory: &Path, source: RootSource) -> Result<Self, KeyringError> {
        let root = match &source {
            // systemd hands credentials to the service alone; the mode that it shows is that of an access list.
            RootSource::Credential(path) => read_root(path)?,
            RootSource::File(path) if path.exists() => {
                refuse_readable(path)?;
                read_root(path)?
            }
            RootSource::File(path) => return Err(KeyringError::RootMissing(path.clone())),
        };
        Ok(Self { directory: directory.to_owned(), root, source })
    }

    pub(crate) const fn source(&self) -> &RootSource {
        &self.source
    }

    /// The lasting secrets; drawn on first use, when `data` says that nothing can need older ones.
    pub(crate) fn secrets(
        &self,
        shop: &str,
        data: Existing,
        entropy: &dyn Entropy,
    ) -> Result<Secrets, KeyringError> {
        let path = self.directory.join(SECRETS);
        if path.exists() {
            let bytes = std::fs::read(&path).map_err(|error| file_error(&path, &error))?;
            return Ok(Secrets::open_under(&self.root, shop, &WrappedSecrets { bytes })?);
        }
        match data {
            Existing::Some => Err(KeyringError::Missing(path)),
            Existing::None => {
                let secrets = Secrets::generate(entropy)?;
                let wrapped = secrets.seal_under(&self.root, shop, entropy)?;
                files::create(&path, &wrapped.bytes).map_err(|error| file_error(&path, &error))?;
                Ok(secrets)
            }
        }
    }

    /// The epoch keys that exist, oldest first; the first is made on first use.
    pub(crate) fn epochs(
        &self,
        shop: &str,
        data: Existing,
        entropy: &dyn Entropy,
    ) -> Result<Vec<EpochKey>, KeyringError> {
        let mut keys = Vec::new();
        for epoch in self.epoch_files()? {
            keys.push(self.epoch(epoch, shop)?);
        }
        match (keys.is_empty(), data) {
            (true, Existing::Some) => Err(KeyringError::Missing(self.epoch_path(Epoch(1)))),
            (true, Existing::None) => Ok(vec![self.make_epoch(Epoch(1), shop, entropy)?]),
            (false, _) => Ok(keys),
        }
    }

    /// The key of an epoch that exists.
    pub(crate) fn epoch(&self, epoch: Epoch, shop: &str) -> Result<EpochKey, KeyringError> {
        let path = self.epoch_path(epoch);
        let bytes = std::fs::read(&path).map_err(|error| file_error(&path, &error))?;
        Ok(EpochKey::open_under(&self.root, shop, &WrappedEpochKey { epoch, bytes })?)
    }

    /// Draws the key of an epoch and keeps it, wrapped, before anything is wrapped by it.
    pub(crate) fn make_epoch(
        &self,
        epoch: Epoch,
        shop: &str,
        entropy: &dyn Entropy,
    ) -> Result<EpochKey, KeyringError> {
        let key = EpochKey::generate(epoch, entropy)?;
        let path = self.epoch_path(epoch);
        let wrapped = key.seal_under(&self.root, shop, entropy)?;
        files::create(&path, &wrapped.bytes).map_err(|error| file_error(&path, &error))?;
        Ok(key)
    }

    /// Destroys the key of an epoch: nothing that it wrapped can be read again.
    pub(crate) fn destroy_epoch(&self, epoch: Epoch) -> Result<(), KeyringError> {
        let path = self.epoch_path(epoch);
        files::destroy(&path).map_err(|error| file_error(&path, &error))
    }

    /// The epochs whose keys lie in the directory, oldest first.
    pub(crate) fn epoch_files(&self) -> Result<Vec<Epoch>, KeyringError> {
        let entries = std::fs::read_dir(&self.directory).map_err(|e| file_error(&self.directory, &e))?;
        let mut epochs: Vec<Epoch> = entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name();
                let number = name.to_str()?.strip_prefix("epoch-")?.strip_suffix(".wrapped")?;
                number.parse().ok().map(Epoch)
            })
            .collect();
        epochs.sort_unstable();
        Ok(epochs)
    }

    pub(crate) fn epoch_path(&self, epoch: Epoch) -> PathBuf {
        self.directory.join(format!("epoch-{epoch}.wrapped"))
    }
}

fn root_source(directory: &Path, credentials: Option<&OsStr>) -> RootSource {
    let credential = credentials.map(|path| Path::new(path).join(CREDENTIAL)).filter(|path| path.exists());
    credential.map_or_else(|| RootSource::File(directory.join(ROOT)), RootSource::Credential)
}

/// Whether there is anything that older keys sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// There is.
    Some,
    /// Everything is new.
    None,
}

/// Refuses a root key that its group or others can read.
pub(crate) fn refuse_readable(path: &Path) -> Result<(), KeyringError> {
    let metadata = std::fs::metadata(path).map_err(|error| file_error(path, &error))?;
    if metadata.permissions().mode() & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyringError::Readable(path.to_owned()))
    }
}

fn read_root(path: &Path) -> Result<RootKey, KeyringError> {
    let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| file_error(path, &error))?);
    let bytes = from_hex(text.trim()).ok_or_else(|| KeyringError::Form(path.to_owned()))?;
    Ok(RootKey::from_bytes(*bytes))
}

fn to_hex(bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(65));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    text
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut out = Zeroizing::new([0; 32]);
    if text.len() != 64 {
        return None;
    }
    let mut digits = text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    for byte in out.iter_mut() {
        *byte = digits.next()?? << 4 | digits.next()??;
    }
    Some(out)
}

fn file_error(path: &Path, error: &std::io::Error) -> KeyringError {
    KeyringError::File { path: path.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;
    impl Entropy for Sevens {
        fn fill(&self, out: &mut [u8]) -> Result<(), NoEntropy> {
            out.fill(7);
            Ok(())
        }
    }

    #[test]
    fn root_key_comes_from_a_service_credential_when_there_is_one() {
        let place = tempfile::tempdir().unwrap();
        let credential = place.path().join(CREDENTIAL);
        std::fs::write(&credential, to_hex(&[9; 32]).as_bytes()).unwrap();
        let keys = place.path().join("keys");
        let ring = Keyring::open_with(&keys, Some(place.path().as_os_str()), &Sevens).unwrap();
        assert_eq!(ring.root.as_bytes(), &[9; 32]);
        assert_eq!(ring.source(), &RootSource::Credential(credential));
        assert!(!keys.join(ROOT).exists());
        let ring = Keyring::open_with(&place.path().join("other"), None, &Sevens).unwrap();
        assert_eq!(ring.root.as_bytes(), &[7; 32]);
    }

    #[test]
    fn root_key_in_another_form_is_refused() {
        for bad in ["", "12", &"g".repeat(64), &"1".repeat(65)] {
            assert!(from_hex(bad).is_none(), "{bad}");
        }
        assert_eq!(*from_hex(to_hex(&[0xa5; 32]).trim()).unwrap(), [0xa5; 32]);
    }

    #[test]
    fn missing_root_key_is_not_replaced_when_something_needs_it() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join(SECRETS), b"x").unwrap();
        let opened = Keyring::open_with(place.path(), None, &Sevens);
        assert!(matches!(opened.err(), Some(KeyringError::RootMissing(_))));
    }
}
