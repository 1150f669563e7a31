//! The consent ledger's rows: appended, replayed, and never changed. What can't be read back is damage, never a yes.

use jiff::Timestamp;
use privacy::consent::{ConsentRecord, LedgerEntry, LedgerState};
use privacy::notice::NoticeVersion;
use privacy::purpose::PurposeId;
use privacy::store::StoreError;
use privacy::subject::Subject;
use rusqlite::{Connection, Row, params};

use crate::error::{from_sql, sql, to_sql};
use crate::snapshot::Snapshot;

/// A person's ledger as it stands: what its entries add up to, and how many there are.
#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) state: LedgerState,
    pub(crate) entries: u64,
}

impl Snapshot<'_> {
    /// The replayed ledger of a person; `None` if nobody is known by that name.
    pub(crate) fn ledger(&self, subject: &Subject) -> Result<Option<LedgerState>, StoreError> {
        Ok(self.read_ledger(subject)?.map(|ledger| ledger.state))
    }

    /// The same with the number that the next entry will have.
    pub(crate) fn read_ledger(&self, subject: &Subject) -> Result<Option<Ledger>, StoreError> {
        // Every answer begins with this, so it asks once: entries of nobody are as good as none.
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT seq, what, purpose, status, decided_at, notice, language, source
                 FROM ledger WHERE subject = ?1 AND EXISTS (SELECT 1 FROM subject WHERE subject = ?1)
                 ORDER BY seq",
            )
            .map_err(sql)?;
        let mut rows = statement.query([subject.as_bytes()]).map_err(sql)?;
        let mut ledger = Ledger::default();
        while let Some(row) = rows.next().map_err(sql)? {
            ledger.state.apply(read(row)?);
            ledger.entries = from_sql(row.get(0).map_err(sql)?)? + 1;
        }
        if ledger.entries == 0 && !self.is_known(subject)? {
            return Ok(None);
        }
        Ok(Some(ledger))
    }

    /// The person's ledger in its order: number (from 0), entry, and when it was recorded.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when an entry can't be read back.
    pub fn ledger_entries(
        &self,
        subject: &Subject,
    ) -> Result<Vec<(u64, LedgerEntry, Timestamp)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT seq, what, purpose, status, decided_at, notice, language, source, recorded_at
                 FROM ledger WHERE subject = ?1 ORDER BY seq",
            )
            .map_err(sql)?;
        let mut rows = statement.query([subject.as_bytes()]).map_err(sql)?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let recorded_at = row.get::<_, String>(8).map_err(sql)?.parse();
            let recorded_at = recorded_at.map_err(|_| damaged("time"))?;
            entries.push((from_sql(row.get(0).map_err(sql)?)?, read(row)?, recorded_at));
        }
        Ok(entries)
    }
}

fn damaged(what: &str) -> StoreError {
    StoreError::Damaged(format!("an entry of the consent ledger has no readable {what}"))
}

/// The entry in a row that begins with number, form, purpose, status, time, notice, language and source.
fn read(row: &Row<'_>) -> Result<LedgerEntry, StoreError> {
    let text = |column: usize, what: &str| -> Result<String, StoreError> {
        row.get::<_, Option<String>>(column).map_err(sql)?.ok_or_else(|| damaged(what))
    };
    let time = |column: usize| -> Result<Timestamp, StoreError> {
        text(column, "time")?.parse().map_err(|_| damaged("time"))
    };
    let purpose =
        || -> Result<PurposeId, StoreError> { text(2, "purpose")?.parse().map_err(|_| damaged("purpose")) };
    let at = time(4)?;
    Ok(match text(1, "form")?.as_str() {
        CONSENT => LedgerEntry::Consent(ConsentRecord {
            purpose: purpose()?,
            status: text(3, "status")?.parse().map_err(|_| damaged("status"))?,
            at,
            notice: row
                .get::<_, Option<u32>>(5)
                .map_err(sql)?
                .map(NoticeVersion)
                .ok_or_else(|| damaged("notice"))?,
            language: text(6, "language")?,
            source: text(7, "source")?.parse().map_err(|_| damaged("source"))?,
        }),
        OBJECTED => LedgerEntry::Objected { purpose: purpose()?, at },
        OBJECTION_LIFTED => LedgerEntry::ObjectionLifted { purpose: purpose()?, at },
        RESTRICTED => LedgerEntry::Restricted { at },
        RESTRICTION_LIFTED => LedgerEntry::RestrictionLifted { at },
        _ => return Err(damaged("form")),
    })
}

const CONSENT: &str = "consent";
const OBJECTED: &str = "objected";
const OBJECTION_LIFTED: &str = "objection_lifted";
const RESTRICTED: &str = "restricted";
const RESTRICTION_LIFTED: &str = "restriction_lifted";

/// Appends an entry to a person's ledger as number `seq`. The next one's number; no two have the same.
pub(crate) fn append(
    connection: &Connection,
    subject: &Subject,
    seq: u64,
    entry: &LedgerEntry,
    recorded_at: Timestamp,
) -> Result<(), StoreError> {
    let (what, purpose, at) = match entry {
        LedgerEntry::Consent(record) => (CONSENT, Some(&record.purpose), record.at),
        LedgerEntry::Objected { purpose, at } => (OBJECTED, Some(purpose), *at),
        LedgerEntry::ObjectionLifted { purpose, at } => (OBJECTION_LIFTED, Some(purpose), *at),
        LedgerEntry::Restricted { at } => (RESTRICTED, None, *at),
        LedgerEntry::RestrictionLifted { at } => (RESTRICTION_LIFTED, None, *at),
    };
    let consent = match entry {
        LedgerEntry::Consent(ConsentRecord { purpose: _, status, at: _, notice, language, source }) => {
            Some((status.as_str(), notice.0, language.as_str(), source.as_str()))
        }
        LedgerEntry::Objected { .. }
        | LedgerEntry::ObjectionLifted { .. }
        | LedgerEntry::Restricted { .. }
        | LedgerEntry::RestrictionLifted { .. } => None,
    };
    let mut statement = connection
        .prepare_cached(
            "INSERT INTO ledger
               (subject, seq, what, purpose, status, decided_at, notice, language, source, recorded_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )
        .map_err(sql)?;
    statement
        .execute(params![
            subject.as_bytes(),
            to_sql(seq),
            what,
            purpose.map(PurposeId::as_str),
            consent.map(|(status, ..)| status),
            at.to_string(),
            consent.map(|(_, notice, ..)| notice),
            consent.map(|(_, _, language, _)| language),
            consent.map(|(.., source)| source),
            recorded_at.to_string(),
        ])
        .map_err(sql)
        .map(drop)
}
