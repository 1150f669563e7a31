//! What the keystore remembers of the audit log, which lies with the data: the heads that stand in certificates, and
//! how far it had come. A restore takes the log back, not this; so it can sign what it gives up. Must never be taken
//! for the log itself: a commit that broke off may have left a head here that came to nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use privacy::audit::{
    Entry, Extent, Frontier, Hash, KeysAtRestore, RecordedRestore, Restore, SigningKey, restore_hash,
    sign_restore, verify_restore,
};
use privacy::store::StoreError;
use rusqlite::{Connection, params};

use crate::audit_log::AuditLog;
use crate::error::{from_sql, sql, to_sql};
use crate::schema;

const LOG_END: &str = "log_end";
/// How many heads one signed note names at most: far below the longest note that is read.
const HEADS_A_NOTE: usize = 8_000;

/// Remembers a head that stands in a certificate.
pub(crate) fn cite(keys: &Connection, head: Extent) -> Result<usize, StoreError> {
    keys.prepare_cached("INSERT OR IGNORE INTO cited_head (size, root) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.execute(params![to_sql(head.size), head.root.0]))
        .map_err(sql)
}

/// Remembers how far the log has come.
pub(crate) fn set_end(keys: &Connection, end: Extent) -> Result<usize, StoreError> {
    schema::set_meta(keys, LOG_END, &format!("{} {}", end.size, end.root)).map(|()| 1)
}

/// How far the log had come when the keystore was last written.
fn end(keys: &Connection) -> Result<Option<Extent>, StoreError> {
    let text = schema::meta(keys, LOG_END)?;
    let parts = text.as_deref().and_then(|text| text.split_once(' '));
    Ok(parts.and_then(|(size, root)| Some(Extent { size: size.parse().ok()?, root: root.parse().ok()? })))
}

/// The heads that stand in certificates.
pub(crate) fn cited(keys: &Connection) -> Result<Vec<Extent>, StoreError> {
    let mut statement = keys.prepare("SELECT size, root FROM cited_head ORDER BY size").map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    let mut heads = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        let size = from_sql(row.get(0).map_err(sql)?)?;
        heads.push(Extent { size, root: Hash(row.get(1).map_err(sql)?) });
    }
    Ok(heads)
}

/// What was signed for the restores that the log records.
pub(crate) fn recorded(data: &Connection) -> Result<Vec<RecordedRestore>, StoreError> {
    // Data that this version has never opened has none.
    if schema::version(data)? < 3 {
        return Ok(Vec::new());
    }
    let mut statement = data.prepare("SELECT entry, note FROM audit_restore ORDER BY entry").map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    let mut restores = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        restores.push(RecordedRestore {
            seq: from_sql(row.get(0).map_err(sql)?)?,
            note: row.get(1).map_err(sql)?,
        });
    }
    Ok(restores)
}

/// How far the log had come before a restore, by the keystore, and which heads the restored log doesn't bear out.
pub(crate) struct Memory {
    kept: Extent,
    before: Option<Extent>,
    given_up: Vec<Extent>,
}

impl Memory {
    /// Compares what the keystore remembers with the log as it came out of the backup.
    pub(crate) fn recall(
        keys: &Connection,
        data: &Connection,
        log: &AuditLog,
        origin: &str,
        key: &SigningKey,
    ) -> Result<Self, StoreError> {
        let (mut heads, before) = (cited(keys)?, end(keys)?);
        // Nobody holds it, but should somebody: it was given up like the others.
        heads.extend(before);
        let roots = roots_at(data, &heads.iter().map(|head| head.size).collect())?;
        let known = [key.verifying_key().clone()];
        let earlier: BTreeSet<Extent> = recorded(data)?
            .iter()
            .filter_map(|restore| verify_restore(&restore.note, origin, &known).ok())
            .flat_map(|restore| restore.given_up)
            .collect();
        heads.retain(|head| roots.get(&head.size) != Some(&head.root) && !earlier.contains(head));
        Ok(Self { kept: log.extent(), before, given_up: heads })
    }

    /// Signs the restore and appends the entry that commits to it; as many as the heads that are given up need.
    pub(crate) fn record(
        self,
        data: &Connection,
        log: &mut AuditLog,
        entry: &Entry,
        keys: KeysAtRestore,
        (origin, key): (&str, &SigningKey),
    ) -> Result<(), StoreError> {
        let Self { kept, before, given_up } = self;
        let mut parts: Vec<&[Extent]> = given_up.chunks(HEADS_A_NOTE).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for part in parts {
            let given_up = part.iter().copied().collect();
            let restore = Restore { origin: origin.to_owned(), at: entry.at, kept, before, keys, given_up };
            let note = sign_restore(&restore, key)
                .map_err(|error| StoreError::Unavailable(format!("the restore can't be signed: {error}")))?;
            let seq = log.append(data, Entry { bundle: Some(restore_hash(&note)), ..entry.clone() })?;
            data.prepare_cached("INSERT INTO audit_restore (entry, note) VALUES (?1, ?2)")
                .and_then(|mut statement| statement.execute(params![to_sql(seq), note]))
                .map_err(sql)?;
        }
        Ok(())
    }

    /// How many entries the log has from the backup, and how many it had.
    pub(crate) fn sizes(&self) -> (u64, Option<u64>) {
        (self.kept.size, self.before.map(|before| before.size))
    }
}

/// The roots that the log had at these sizes, of those that it has reached. Reads every leaf.
fn roots_at(data: &Connection, sizes: &BTreeSet<u64>) -> Result<BTreeMap<u64, Hash>, StoreError> {
    let mut tree = Frontier::new();
    let mut roots = BTreeMap::from([(0, tree.root())]);
    let mut statement = data.prepare("SELECT leaf FROM audit_entry ORDER BY seq").map_err(sql)?;
    let mut rows = statement.query([]).map_err(sql)?;
    while let Some(row) = rows.next().map_err(sql)? {
        tree.push(Hash(row.get(0).map_err(sql)?));
        if sizes.contains(&tree.size()) {
            roots.insert(tree.size(), tree.root());
        }
    }
    Ok(roots)
}

/// A restore's entry, but for the note that it commits to.
pub(crate) fn entry(now: Timestamp, erased_again: u64) -> Entry {
    Entry {
        seq: 0,
        at: now,
        action: String::from("backup.restore"),
        author: privacy::audit::Author::System,
        task: None,
        purpose: None,
        kind: None,
        subject: None,
        count: u32::try_from(erased_again).unwrap_or(u32::MAX),
        bundle: None,
        detail: Some(String::from("the log goes on from the backup; the count is of people erased again")),
    }
}
