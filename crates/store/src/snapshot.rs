//! What reading and writing transactions can look up alike. Nothing here changes a row, and nothing opens one.

use jiff::Timestamp;
use privacy::audit::Opening;
use privacy::data::Kind;
use privacy::notice::NoticeVersion;
use privacy::pseudonym::{BlindIndex, IdentityKind};
use privacy::store::{Day, Law, StoreError, StoredIdentity, StoredRow};
use privacy::subject::Subject;
use privacy::vault::Vault;
use rusqlite::{Connection, OptionalExtension, params};

use crate::codes;
use crate::due;
use crate::error::{from_sql, sql};
use crate::shared::Shared;

/// The store as it is at one moment; [`crate::ReadTx`] and [`crate::WriteTx`] both deref to it.
pub struct Snapshot<'s> {
    pub(crate) connection: &'s Connection,
    pub(crate) shared: &'s Shared,
}

impl<'s> Snapshot<'s> {
    pub(crate) const fn new(connection: &'s Connection, shared: &'s Shared) -> Self {
        Self { connection, shared }
    }

    /// The register and the notices in force.
    #[must_use]
    pub const fn law(&self) -> &'s Law {
        &self.shared.law
    }

    /// The vault, which seals and opens.
    #[must_use]
    pub fn vault(&self) -> &'s Vault {
        &self.shared.vault
    }

    /// When each version of the notice was published, the first first.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn notice_dates(&self) -> Result<Vec<(NoticeVersion, Timestamp)>, StoreError> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?));
        let dates = self
            .connection
            .prepare_cached("SELECT version, published_at FROM notice ORDER BY version")
            .and_then(|mut statement| statement.query_map([], read)?.collect::<Result<Vec<_>, _>>())
            .map_err(sql)?;
        let parse = |(version, at): (u32, String)| {
            let at = at
                .parse()
                .map_err(|_| StoreError::Damaged(format!("the day of notice {version} can't be read")))?;
            Ok((NoticeVersion(version), at))
        };
        dates.into_iter().map(parse).collect()
    }

    pub(crate) fn note_opening(&self, opening: Opening) {
        self.shared.note_opening(opening);
    }

    /// The person whom this identity leads to. The value is normalised first.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn find(&self, kind: IdentityKind, value: &str) -> Result<Option<Subject>, StoreError> {
        self.find_index(kind, &self.shared.vault.index(kind, &kind.normalise(value)))
    }

    /// The person whom this keyed name leads to.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn find_index(&self, kind: IdentityKind, index: &BlindIndex) -> Result<Option<Subject>, StoreError> {
        self.connection
            .prepare_cached("SELECT subject FROM identity WHERE kind = ?1 AND name = ?2")
            .and_then(|mut statement| {
                let key = params![codes::of_identity(kind), index.as_bytes()];
                statement.query_row(key, |row| row.get(0).map(Subject::from_bytes)).optional()
            })
            .map_err(sql)
    }

    /// Whether there is a living data subject of this name.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn is_known(&self, subject: &Subject) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("SELECT 1 FROM subject WHERE subject = ?1")
            .and_then(|mut statement| statement.exists([subject.as_bytes()]))
            .map_err(sql)
    }

    pub(crate) fn rows(
        &self,
        subject: &Subject,
        kind: Kind,
        oldest: Day,
    ) -> Result<Vec<StoredRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(due::ROWS_OF_A_PERSON).map_err(sql)?;
        let key = params![subject.as_bytes(), codes::of_kind(kind), oldest.0];
        let rows = statement
            .query_map(key, |row| {
                Ok(StoredRow { id: row.get(0)?, day: Day(row.get(1)?), sealed: row.get(2)? })
            })
            .map_err(sql)?;
        rows.collect::<Result<_, _>>().map_err(sql)
    }

    /// Whether the person has a row of this kind and keyed name.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn has_row(&self, subject: &Subject, kind: Kind, name: &BlindIndex) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("SELECT 1 FROM record WHERE subject = ?1 AND kind = ?2 AND id = ?3")
            .and_then(|mut statement| {
                statement.exists(params![subject.as_bytes(), codes::of_kind(kind), name.as_bytes()])
            })
            .map_err(sql)
    }

    /// Names everybody who has a row of this kind and keyed name, of a day or later. Looks at every row of the kind since
    /// that day: for reports, not for each request.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn subjects_with(
        &self,
        kind: Kind,
        name: &BlindIndex,
        since: Day,
        each: &mut dyn FnMut(Subject),
    ) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT subject FROM record WHERE kind = ?1 AND day >= ?2 AND id = ?3")
            .map_err(sql)?;
        let key = params![codes::of_kind(kind), since.0, name.as_bytes()];
        let mut rows = statement.query(key).map_err(sql)?;
        while let Some(row) = rows.next().map_err(sql)? {
            each(Subject::from_bytes(row.get(0).map_err(sql)?));
        }
        Ok(())
    }

    /// Whether the person is known by more than a client's random id: by the shop's number, an e-mail address or a
    /// phone number.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn is_named(&self, subject: &Subject) -> Result<bool, StoreError> {
        self.connection
            .prepare_cached("SELECT 1 FROM identity WHERE subject = ?1 AND kind <> ?2")
            .and_then(|mut statement| {
                statement.exists(params![subject.as_bytes(), codes::of_identity(IdentityKind::AnonymousId)])
            })
            .map_err(sql)
    }

    pub(crate) fn identities(&self, subject: &Subject) -> Result<Vec<StoredIdentity>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, name, sealed FROM identity WHERE subject = ?1 ORDER BY kind, name")
            .map_err(sql)?;
        let mut rows = statement.query([subject.as_bytes()]).map_err(sql)?;
        let mut identities = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            identities.push(StoredIdentity {
                kind: codes::identity(row.get(0).map_err(sql)?)?,
                index: BlindIndex::from_bytes(row.get(1).map_err(sql)?),
                sealed: row.get(2).map_err(sql)?,
            });
        }
        Ok(identities)
    }

    /// Names every living data subject, and says how many there are.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn subjects(&self, each: &mut dyn FnMut(Subject)) -> Result<u64, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT subject FROM subject").map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(sql)? {
            each(Subject::from_bytes(row.get(0).map_err(sql)?));
            count += 1;
        }
        Ok(count)
    }

    /// How many living data subjects there are.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be counted.
    pub fn subject_count(&self) -> Result<u64, StoreError> {
        self.connection
            .prepare_cached("SELECT count(*) FROM subject")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(sql)
            .and_then(from_sql)
    }

    /// How many rows there are of each kind that has any. Looks at every row: for reports, not for each request.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be counted.
    pub fn row_counts(&self) -> Result<Vec<(Kind, u64)>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT kind, count(*) FROM record GROUP BY kind ORDER BY kind")
            .map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut counts = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            counts.push((codes::kind(row.get(0).map_err(sql)?)?, from_sql(row.get(1).map_err(sql)?)?));
        }
        Ok(counts)
    }
}
