//! Opening a shop: register, keys, store, token, and models built anew. Nothing may be served before all of it stands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use privacy::aggregate::Threshold;
use privacy::entropy::Entropy;
use privacy::login::LoginSecret;
use privacy::store::StoreError;
use store::{OpenError, Store};

use super::register_file::{RegisterFileError, RegisterSource, read};
use super::running::{RunningError, Serving, serving};
use super::token::{TokenError, TokenFile};
use super::{Metrics, Places};
use crate::app::{App, Clock, SystemEntropy, machine_clock};
use crate::experiments::Experiments;
use crate::intake::Load;
use crate::placements::Placements;
use crate::privacy_centre::Doors;
use crate::question::{Texts, TextsError};
use crate::recommend::{Engine, replay, take_tuning};
use crate::web::Sessions;

/// What fewer people than this did is not called popular.
const POPULAR_WITH: u32 = 5;

/// Whether a terminal sees how far the start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// With a bar on standard error, if that is a terminal.
    Shown,
    /// In silence.
    Hidden,
}

/// What a start needs to know.
#[derive(Clone)]
pub struct StartOptions {
    /// Where the files lie.
    pub places: Places,
    /// Where the register comes from.
    pub register: RegisterSource,
    /// Whether progress is shown.
    pub progress: Progress,
    /// Tells the time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl StartOptions {
    /// A start by the machine's clock and randomness.
    #[must_use]
    pub fn new(places: Places, register: RegisterSource, progress: Progress) -> Self {
        Self { places, register, progress, clock: machine_clock(), entropy: Arc::new(SystemEntropy) }
    }
}

/// Why a shop doesn't open.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The register is missing or has mistakes.
    #[error(transparent)]
    Register(#[from] RegisterFileError),
    /// A file of words for the question has mistakes.
    #[error(transparent)]
    Texts(#[from] TextsError),
    /// A server has the data.
    #[error("a server at {0} has this data open")]
    Served(String),
    /// It can't be told whether a server has the data.
    #[error(transparent)]
    Running(#[from] RunningError),
    /// The store or its keys can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operator's token can't be used.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The public key can't be written down.
    #[error("`{path}` can't be written: {why}")]
    PublicKey {
        /// Where.
        path: PathBuf,
        /// The operating system's words.
        why: String,
    },
    /// The models can't be built.
    #[error("the recommender could not be built from the data: {0}")]
    Replay(#[from] StoreError),
}

impl StartError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Register(error) => error.mend(),
            Self::Texts(error) => error.mend(),
            Self::Served(_) => "stop it first, or name other data with `--data-dir`".to_owned(),
            Self::Running(_) => "see that this user may read and write the data directory".to_owned(),
            Self::Open(error) => mend_open(error).to_owned(),
            Self::Token(error) => error.mend(),
            Self::PublicKey { .. } => "see that this user may write into the key directory".to_owned(),
            Self::Replay(_) => "run `equipoise doctor`; it says what is damaged".to_owned(),
        }
    }
}

fn mend_open(error: &OpenError) -> &'static str {
    match error {
        OpenError::Store(StoreError::TooNew { .. }) => "install the newer version; the data was not touched",
        OpenError::Store(StoreError::Unavailable(_)) | OpenError::Directory { .. } => {
            "see that this user may write there and that the disk isn't full"
        }
        OpenError::Store(StoreError::Damaged(_)) | OpenError::Notice(_) => {
            "run `equipoise doctor`; if it stays so, bring back a backup with `equipoise restore`"
        }
        OpenError::Keyring(_) | OpenError::Vault(_) => {
            "see that `--key-dir` names this shop's keys, and that only this user may read them (`chmod 600`)"
        }
        OpenError::InUse(_) => "wait for the other command to end, or stop the other server",
        OpenError::OtherShop => "give the `--data-dir` and `--key-dir` of the same shop",
    }
}

/// Opens a shop, for a server or a command that needs all of it.
///
/// # Errors
/// [`StartError`] says what stands in the way and how to mend it.
pub fn open_app(options: StartOptions) -> Result<Arc<App>, StartError> {
    open(options).map(Arc::new)
}

/// As [`open_app`], for whoever still adds something to it.
///
/// # Errors
/// As [`open_app`].
pub fn open(options: StartOptions) -> Result<App, StartError> {
    let StartOptions { places, register, progress, clock, entropy } = options;
    let texts = texts_of(&register)?;
    let register = read(&register)?;
    let found = serving(&places.data_dir)?;
    if let Serving::At(origin) = found {
        // This very process announces itself before it opens, without an origin yet.
        return Err(StartError::Served(origin));
    }
    let now = clock();
    let Places { data_dir, key_dir } = places;
    let (token, login) = (TokenFile::in_directory(&key_dir), TokenFile::of_login(&key_dir));
    let public_key = public_key_file(&key_dir);
    let store = Store::open(store::Options { data_dir, key_dir, entropy: entropy.clone() }, register, now)?;
    let operator_token = token.hash_or_make(entropy.as_ref())?;
    let login = LoginSecret::new(&login.read_or_make(entropy.as_ref())?);
    publish_key(&public_key, &store)?;
    let engine = Engine::new(Threshold::of(POPULAR_WITH));
    engine.heed(&store.law().register.sensitive);
    take_tuning(&store, &engine)?;
    let bar = progress_bar(&store, progress)?;
    let people = replay(&store, &engine, now, &|people| bar.set_position(people))?;
    bar.finish_and_clear();
    match found {
        Serving::Starting => tracing::info!(people, "the recommender is built"),
        // A command that opens the data for itself alone.
        Serving::Nobody | Serving::At(_) => tracing::debug!(people, "the recommender is built"),
    }
    let placements = Placements::open(&store)?;
    Ok(App {
        store,
        engine,
        placements,
        experiments: Experiments::default(),
        metrics: Metrics::new(),
        clock,
        entropy,
        operator_token,
        sessions: Sessions::default(),
        doors: Doors::new(login),
        load: Load::default(),
        texts,
        demo: None,
    })
}

/// The words of the question: those that ship with the program, and those in `texts/` beside the register.
///
/// # Errors
/// [`TextsError`] for a file that can't be used.
pub fn texts_of(register: &RegisterSource) -> Result<Texts, TextsError> {
    match register {
        RegisterSource::File(path) => {
            Texts::with_folder(&path.parent().unwrap_or(Path::new("")).join("texts"))
        }
        RegisterSource::Text(_) => Ok(Texts::shipped()),
    }
}

/// Where the public key lies with which the audit log and certificates are checked: apart from the data, so that who
/// can change the log can't change the key.
#[must_use]
pub fn public_key_file(key_dir: &Path) -> PathBuf {
    key_dir.join("audit.pub")
}

fn publish_key(path: &Path, store: &Store) -> Result<(), StartError> {
    let text = format!("{}\n", store.verifying_key());
    if std::fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    std::fs::write(path, text)
        .map_err(|error| StartError::PublicKey { path: path.to_owned(), why: error.to_string() })
}

fn progress_bar(store: &Store, progress: Progress) -> Result<ProgressBar, StoreError> {
    let bar = match progress {
        Progress::Hidden => ProgressBar::hidden(),
        Progress::Shown => ProgressBar::new(store.read(|tx| tx.subject_count())?),
    };
    let style = ProgressStyle::with_template(
        "building the recommender {bar:30} {human_pos} of {human_len} people, {eta} left",
    );
    Ok(match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    })
}
