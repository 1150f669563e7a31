//! The server from its first moment to its last: all features' routes, the listener, the jobs, and an orderly end.
//! It must never stop between an acknowledged write and its place on the disk.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{Announcement, Places, RunningError, jobs};
use crate::app::App;
use crate::web::{Listener, Protection, Table, TlsError, TlsFiles, finish};

/// How long requests may take to end when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What serving needs to know.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// Certificate and key; without them the server speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Where the files lie.
    pub places: Places,
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listening {
    /// For the shop's pages: `http://127.0.0.1:8080`.
    pub origin: String,
    /// For commands on this machine.
    pub local_origin: String,
}

/// Why a server doesn't listen, or ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be listened at.
    #[error("`{address}` can't be listened at: {why}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// The operating system's words.
        why: String,
    },
    /// The certificate or its key can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Commands can't be told where the server is.
    #[error(transparent)]
    Running(#[from] RunningError),
    /// The operating system gave no threads, signals or sockets.
    #[error("the server can't run: {0}")]
    System(#[from] std::io::Error),
}

impl ServeError {
    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        match self {
            Self::Address { .. } => {
                "stop the program that listens there, or choose another with `--listen 127.0.0.1:8081`"
                    .to_owned()
            }
            Self::Tls(error) => error.mend(),
            Self::Running(_) => "stop the other server, or name other data with `--data-dir`".to_owned(),
            Self::System(_) => {
                "see the limits of this machine's user (`ulimit -a`), then try again".to_owned()
            }
        }
    }
}

/// The routes of all features.
#[must_use]
pub fn all_routes(app: &Arc<App>, places: &Places) -> Table {
    let table = Table::new(Arc::clone(app));
    let table = crate::intake::routes(table);
    let table = crate::recommend::routes(table);
    let table = crate::recommend::blend_routes(table);
    let table = crate::placements::routes(table);
    let table = crate::experiments::routes(table);
    let table = crate::consent::routes(table);
    let table = crate::question::routes(table);
    let table = crate::notice::routes(table);
    let table = crate::rights::routes(table);
    let table = crate::offers::routes(table);
    let table = crate::privacy_centre::routes(table);
    let table = crate::demo::routes(table);
    super::routes(table, places)
}

/// Serves until SIGTERM or SIGINT, then ends in order: no new requests, those at hand answered, the last second's
/// openings written, the store closed. `listening` is called once, when the first request may come.
///
/// # Errors
/// [`ServeError`] when it can't listen, or the listener broke.
pub fn serve(
    app: Arc<App>,
    options: &ServeOptions,
    announcement: Announcement,
    listening: impl FnOnce(&Listening),
) -> Result<(), ServeError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let store = app.store.clone();
    let served = runtime.block_on(run(app, options, announcement, listening));
    // Blocking work that hangs may not keep the store from being closed.
    runtime.shutdown_timeout(GRACE);
    store.close();
    tracing::info!("the server has ended");
    served
}

async fn run(
    app: Arc<App>,
    options: &ServeOptions,
    mut announcement: Announcement,
    listening: impl FnOnce(&Listening),
) -> Result<(), ServeError> {
    let ServeOptions { listen, tls, places } = options;
    let protection = match tls {
        Some(files) => Protection::tls(files)?,
        None => Protection::None,
    };
    let scheme = protection.scheme();
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let listener = bind(*listen)?;
    let address = listener.local_addr()?;
    let router = finish(all_routes(&app, places), Arc::clone(&app), scheme);
    // Commands on this machine come without TLS, by an address that nobody else reaches.
    let local = match &protection {
        Protection::None => None,
        Protection::Tls(_) => {
            Some(Listener::new(bind(SocketAddr::from(([127, 0, 0, 1], 0)))?, Protection::None)?)
        }
    };
    let main = Listener::new(listener, protection)?;
    let origin = format!("{scheme}://{address}");
    let local_origin = match &local {
        Some(local) => format!("http://{}", local.address()),
        None => format!("http://{}", reachable(address)),
    };
    announcement.say(&local_origin)?;
    listening(&Listening { origin, local_origin });

    let (stop, stopped) = watch::channel(());
    let jobs = tokio::spawn(jobs::run(Arc::clone(&app), stopped));
    let stoppers: Vec<_> =
        std::iter::once(main.stopper()).chain(local.iter().map(Listener::stopper)).collect();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("the server was asked to stop");
        stoppers.iter().for_each(|stopper| stopper.stop(GRACE));
    });
    let local_router = router.clone();
    let local = tokio::spawn(async move {
        match local {
            Some(local) => local.serve(local_router).await,
            None => Ok(()),
        }
    });
    let served = main.serve(router).await;
    // The signal ends both listeners; a broken main one ends the local one too.
    if served.is_err() {
        local.abort();
    } else if let Ok(Err(error)) = local.await {
        tracing::error!(error.cause = %error, "the listener for commands broke");
    }
    // No request is at hand any more: what they opened is noted now.
    let _ = stop.send(());
    if let Err(error) = jobs.await {
        tracing::error!(error.cause = %error, "the background jobs broke off");
    }
    served.map_err(ServeError::System)
}

fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|error| ServeError::Address { address, why: error.to_string() })
}

/// An address by which this machine reaches itself, where the server listens at all of its addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, v6.port()))
        }
        other => other,
    }
}

/// Certificate and key by their paths, when both are named.
impl ServeOptions {
    /// Options from the flags; `tls` needs both paths.
    #[must_use]
    pub fn new(listen: SocketAddr, tls: Option<(PathBuf, PathBuf)>, places: Places) -> Self {
        Self { listen, tls: tls.map(|(certificate, key)| TlsFiles { certificate, key }), places }
    }
}
