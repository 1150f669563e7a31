//! The audit log's rows: entries, the roots of completed tiles, the tree's edge, signed heads. Entries are added in
//! the transaction of what they tell of; none is ever changed or deleted.

use std::path::Path;

use jiff::Timestamp;
use privacy::audit::{
    Entry, Extent, Frontier, Hash, HashReader, Head, Opening, ProofError, Reading, RecordedRestore, Row,
    SigningKey, SubjectTag, TileBuilder, consistency_proof, inclusion_proof, leaf_hash, sign_head,
};
use privacy::store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{from_sql, sql, to_sql};
use crate::log_memory;
use crate::schema;
use crate::shared::{Shared, origin};
use crate::snapshot::Snapshot;

/// How many of the last entries are hashed again at each opening of the store.
const CHECKED_AT_OPEN: u64 = 64;

/// A signed head of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    /// How many entries it covers.
    pub size: u64,
    /// The signed note (C2SP checkpoint).
    pub note: String,
    /// When it was signed.
    pub at: Timestamp,
}

/// A place in the log where a data subject's tag stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditMention {
    /// The number of the entry.
    pub seq: u64,
    /// The entry itself.
    pub entry: Entry,
    /// The machine's opening that the entry's bundle holds, with its place in it; `None` when the entry itself
    /// names the subject.
    pub opening: Option<(u64, Opening)>,
}

/// Everything that a verifier needs, read from a data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTrail {
    /// The log's name.
    pub origin: String,
    /// Every entry, in the order of its number.
    pub rows: Vec<Row>,
    /// Every signed head, oldest first.
    pub heads: Vec<SignedHead>,
    /// What was signed for the restores that it records.
    pub restores: Vec<RecordedRestore>,
}

/// Reads the audit log from a data directory, without opening the store: even one that refuses to open.
///
/// # Errors
/// [`StoreError`] when the file can't be read.
pub fn audit_trail(data_dir: &Path) -> Result<AuditTrail, StoreError> {
    let connection = schema::open_reader(&data_dir.join(crate::store::DATA_FILE), 16 * 1024)?;
    let shop_id = schema::meta(&connection, crate::store::SHOP_ID)?;
    let shop_id = shop_id.ok_or_else(|| StoreError::Damaged(String::from("the shop's id is missing")))?;
    let rows = entries(&connection, 0, u64::MAX)?;
    let rows = rows.into_iter().map(|(seq, entry, leaf)| Row { seq, entry, leaf }).collect();
    let restores = log_memory::recorded(&connection)?;
    Ok(AuditTrail { origin: origin(&shop_id), rows, heads: heads(&connection)?, restores })
}

/// The writer's log: the tree in memory over the rows on disk.
#[derive(Debug, Clone)]
pub(crate) struct AuditLog {
    tree: TileBuilder,
}

impl AuditLog {
    /// Takes the log up where it was left, and checks that its end is whole.
    pub(crate) fn resume(connection: &Connection) -> Result<Self, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("the audit log {what}"));
        let edge = edge(connection)?;
        let rows = connection
            .query_row("SELECT coalesce(max(seq) + 1, 0) FROM audit_entry", [], |row| row.get(0))
            .map_err(sql)
            .and_then(from_sql)?;
        if rows != edge.size() {
            return Err(damaged("has another number of entries than it had"));
        }
        let tree = TileBuilder::resume(rows, &Hashes(connection)).map_err(proof_error)?;
        if *tree.frontier() != edge {
            return Err(damaged("does not give the root that it had: an entry was changed"));
        }
        for (seq, entry, leaf) in entries(connection, rows.saturating_sub(CHECKED_AT_OPEN), CHECKED_AT_OPEN)?
        {
            if leaf_hash(&entry) != leaf {
                return Err(damaged(&format!("was changed in entry {seq}")));
            }
        }
        Ok(Self { tree })
    }

    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    /// How far it has come.
    pub(crate) fn extent(&self) -> Extent {
        Extent { size: self.size(), root: self.tree.root() }
    }

    /// Signs the head for a certificate, which keeps it.
    pub(crate) fn cite(
        &self,
        connection: &Connection,
        shared: &Shared,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let SignedHead { size, note: _, at: _ } = self.sign(connection, shared, now)?;
        connection
            .prepare_cached("UPDATE audit_head SET cited = 1 WHERE size = ?1")
            .and_then(|mut statement| statement.execute([to_sql(size)]))
            .map_err(sql)
            .map(drop)
    }

    /// Writes an entry as number `seq` and gives its leaf hash, for [`Self::settle`] once it is sure to stay.
    pub(crate) fn insert(connection: &Connection, entry: Entry, seq: u64) -> Result<Hash, StoreError> {
        let tag = entry.subject.map(|tag| tag.0);
        let encoded = Entry { seq, ..entry }.encode().map_err(|error| {
            StoreError::Unavailable(format!("an audit entry can't be written down: {error}"))
        })?;
        let leaf = leaf_hash(&encoded);
        connection
            .prepare_cached("INSERT INTO audit_entry (seq, entry, leaf, tag) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut s| s.execute(params![to_sql(seq), encoded, leaf.0, tag]))
            .map_err(sql)?;
        Ok(leaf)
    }

    /// Takes leaves into the tree and writes down what that completes.
    pub(crate) fn settle(&mut self, connection: &Connection, leaves: &[Hash]) -> Result<(), StoreError> {
        for leaf in leaves {
            for tile in self.tree.push(*leaf) {
                let root = tile
                    .root()
                    .ok_or_else(|| StoreError::Damaged(String::from("a tile of the audit log isn't full")))?;
                connection
                    .prepare_cached("INSERT INTO audit_node (level, position, hash) VALUES (?1, ?2, ?3)")
                    .and_then(|mut s| s.execute(params![tile.level + 1, to_sql(tile.index), root.0]))
                    .map_err(sql)?;
            }
        }
        Ok(())
    }

    /// Appends one entry: for what the store itself does.
    pub(crate) fn append(&mut self, connection: &Connection, entry: Entry) -> Result<u64, StoreError> {
        let seq = self.size();
        let leaf = Self::insert(connection, entry, seq)?;
        self.settle(connection, &[leaf])?;
        Ok(seq)
    }

    /// Writes down the tree's edge; before each commit.
    pub(crate) fn keep_edge(&self, connection: &Connection) -> Result<(), StoreError> {
        connection
            .prepare_cached("INSERT OR REPLACE INTO audit_edge (id, frontier) VALUES (0, ?1)")
            .and_then(|mut statement| statement.execute([self.tree.frontier().to_bytes()]))
            .map_err(sql)
            .map(drop)
    }

    /// Signs the head and keeps it; the one that is there when the log hasn't grown since.
    pub(crate) fn sign(
        &self,
        connection: &Connection,
        shared: &Shared,
        now: Timestamp,
    ) -> Result<SignedHead, StoreError> {
        self.sign_as(connection, &shared.origin(), &shared.signing, now)
    }

    /// As [`Self::sign`], where the store isn't open.
    pub(crate) fn sign_as(
        &self,
        connection: &Connection,
        origin: &str,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<SignedHead, StoreError> {
        if let Some(known) = newest_head(connection)?.filter(|head| head.size == self.size()) {
            return Ok(known);
        }
        let Extent { size, root } = self.extent();
        let head = Head { origin: origin.to_owned(), size, root, at: Some(now) };
        let note = sign_head(&head, key).map_err(|error| {
            StoreError::Unavailable(format!("the audit log's head can't be signed: {error}"))
        })?;
        connection
            .prepare_cached("INSERT INTO audit_head (size, note, signed_at) VALUES (?1, ?2, ?3)")
            .and_then(|mut s| s.execute(params![to_sql(head.size), note, now.to_string()]))
            .map_err(sql)?;
        Ok(SignedHead { size: head.size, note, at: now })
    }
}

/// The stored hashes: leaves beside their entries, and the roots of completed tiles.
struct Hashes<'c>(&'c Connection);

impl HashReader for Hashes<'_> {
    type Error = StoreError;

    fn hashes(&self, reading: Reading) -> Result<Vec<Hash>, StoreError> {
        let Reading { level, start, count } = reading;
        let (text, level) = match level {
            0 => ("SELECT leaf FROM audit_entry WHERE ?1 = 0 AND seq >= ?2 AND seq < ?3 ORDER BY seq", 0),
            level => (
                "SELECT hash FROM audit_node WHERE level = ?1 AND position >= ?2 AND position < ?3
                 ORDER BY position",
                i64::from(level),
            ),
        };
        let mut statement = self.0.prepare_cached(text).map_err(sql)?;
        let range = [level, to_sql(start), to_sql(start.saturating_add(count as u64))];
        let hashes = statement.query_map(range, |row| row.get(0).map(Hash)).map_err(sql)?;
        hashes.collect::<Result<_, _>>().map_err(sql)
    }
}

fn proof_error(error: ProofError<StoreError>) -> StoreError {
    match error {
        ProofError::Read(error) => error,
        ProofError::OutOfRange { index, size } => {
            StoreError::Unavailable(format!("the audit log has no entry {index} of {size}"))
        }
        ProofError::ShortRead { .. } => {
            StoreError::Damaged(String::from("hashes of the audit log are missing"))
        }
    }
}

/// The tree's edge as last committed.
fn edge(connection: &Connection) -> Result<Frontier, StoreError> {
    let bytes: Option<Vec<u8>> = connection
        .prepare_cached("SELECT frontier FROM audit_edge WHERE id = 0")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)).optional())
        .map_err(sql)?;
    bytes.map_or_else(
        || Ok(Frontier::new()),
        |bytes| Frontier::from_bytes(&bytes).map_err(|error| StoreError::Damaged(error.to_string())),
    )
}

pub(crate) fn entries(
    connection: &Connection,
    from: u64,
    count: u64,
) -> Result<Vec<(u64, Vec<u8>, Hash)>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT seq, entry, leaf FROM audit_entry WHERE seq >= ?1 ORDER BY seq LIMIT ?2")
        .map_err(sql)?;
    let mut rows = statement.query([to_sql(from), to_sql(count)]).map_err(sql)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        let seq = from_sql(row.get(0).map_err(sql)?)?;
        entries.push((seq, row.get(1).map_err(sql)?, Hash(row.get(2).map_err(sql)?)));
    }
    Ok(entries)
}

fn heads(connection: &Connection) -> Result<Vec<SignedHead>, StoreError> {
    signed(connection, "SELECT size, note, signed_at FROM audit_head ORDER BY size")
}

fn signed(connection: &Connection, text: &str) -> Result<Vec<SignedHead>, StoreError> {
    let mut statement = connection.prepare_cached(text).map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        let at = row.get::<_, String>(2).map_err(sql)?.parse();
        heads.push(SignedHead {
            size: from_sql(row.get(0).map_err(sql)?)?,
            note: row.get(1).map_err(sql)?,
            at: at.map_err(|_| StoreError::Damaged(String::from("a signed head has no time")))?,
        });
    }
    Ok(heads)
}

impl Snapshot<'_> {
    /// How many entries the audit log has, up to the last commit.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn audit_size(&self) -> Result<u64, StoreError> {
        edge(self.connection).map(|edge| edge.size())
    }

    /// Up to `count` entries from number `from` on: number, leaf data, leaf hash.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn audit_entries(&self, from: u64, count: u64) -> Result<Vec<(u64, Vec<u8>, Hash)>, StoreError> {
        entries(self.connection, from, count)
    }

    /// The head that was signed for the certificate of an erasure, with the erasure's commit.
    ///
    /// # Errors
    /// [`StoreError`] when there is none, or it can't be read.
    pub fn head_for(&self, entry: u64) -> Result<SignedHead, StoreError> {
        let text = format!(
            "SELECT size, note, signed_at FROM audit_head WHERE cited AND size > {} ORDER BY size LIMIT 1",
            to_sql(entry)
        );
        signed(self.connection, &text)?
            .pop()
            .ok_or_else(|| StoreError::Damaged(String::from("no signed head covers the erasure")))
    }

    /// What was signed for the restores that the log records.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn restores(&self) -> Result<Vec<RecordedRestore>, StoreError> {
        log_memory::recorded(self.connection)
    }

    /// The head of the log up to the last commit, unsigned.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn audit_head(&self, now: Timestamp) -> Result<Head, StoreError> {
        let edge = edge(self.connection)?;
        Ok(Head { origin: self.shared.origin(), size: edge.size(), root: edge.root(), at: Some(now) })
    }

    /// Proof that entry `index` is in the log of the first `size` entries.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such entry, or hashes can't be read.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        inclusion_proof(index, size, &Hashes(self.connection)).map_err(proof_error)
    }

    /// Proof that the log of `old` entries is the beginning of the log of `new`.
    ///
    /// # Errors
    /// [`StoreError`] when the log is shorter, or hashes can't be read.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        consistency_proof(old, new, &Hashes(self.connection)).map_err(proof_error)
    }

    /// The signed heads so far, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn heads(&self) -> Result<Vec<SignedHead>, StoreError> {
        heads(self.connection)
    }

    /// The newest signed head, if there is any.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn newest_head(&self) -> Result<Option<SignedHead>, StoreError> {
        newest_head(self.connection)
    }

    /// Where the log speaks of the person with this tag: entries that name it, and the machine's openings. In the
    /// order of the log.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn audit_about(&self, tag: &SubjectTag) -> Result<Vec<AuditMention>, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("the audit log has an unreadable {what}"));
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT seq, entry, NULL AS place, NULL FROM audit_entry WHERE tag = ?1
                 UNION ALL
                 SELECT e.seq, e.entry, o.position, o.opening
                 FROM audit_opening o JOIN audit_entry e ON e.seq = o.entry WHERE o.tag = ?1
                 ORDER BY seq, place",
            )
            .map_err(sql)?;
        let mut rows = statement.query([tag.0]).map_err(sql)?;
        let mut mentions = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let encoded: Vec<u8> = row.get(1).map_err(sql)?;
            let opening: Option<Vec<u8>> = row.get(3).map_err(sql)?;
            let opening = match opening {
                None => None,
                Some(bytes) => {
                    let opening = Opening::decode(&bytes).map_err(|_| damaged("opening"))?;
                    Some((from_sql(row.get(2).map_err(sql)?)?, opening))
                }
            };
            mentions.push(AuditMention {
                seq: from_sql(row.get(0).map_err(sql)?)?,
                entry: Entry::decode(&encoded).map_err(|_| damaged("entry"))?,
                opening,
            });
        }
        Ok(mentions)
    }
}

fn newest_head(connection: &Connection) -> Result<Option<SignedHead>, StoreError> {
    let newest =
        signed(connection, "SELECT size, note, signed_at FROM audit_head ORDER BY size DESC LIMIT 1")?;
    Ok(newest.into_iter().next())
}
