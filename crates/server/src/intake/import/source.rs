//! The file of an import: unpacked if its first bytes say gzip, with a count of what was read of the packed one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use privacy::audit::leaf_hash;

/// How much of a file tells it from another of the same name and length.
const HEAD: u64 = 4096;

/// An open file.
pub(crate) struct Source {
    /// Unpacked.
    pub(crate) reader: Box<dyn BufRead>,
    /// Bytes of the file as it is.
    pub(crate) length: u64,
    /// Bytes read of it so far.
    pub(crate) read: Arc<AtomicU64>,
    head: Vec<u8>,
}

struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl Source {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut head = Vec::new();
        (&mut file).take(HEAD).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = BufReader::with_capacity(1 << 16, Counted { inner: file, read: Arc::clone(&read) });
        let reader: Box<dyn BufRead> = if head.starts_with(&[0x1f, 0x8b]) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(counted)))
        } else {
            Box::new(counted)
        };
        Ok(Self { reader, length, read, head })
    }

    /// The name under which progress is kept: of this file read in this way, wherever it lies.
    pub(super) fn key(&self, path: &Path, way: &str) -> String {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut told = format!("{name}\n{way}\n{}\n", self.length).into_bytes();
        told.extend_from_slice(&self.head);
        leaf_hash(&told).to_string()
    }
}
