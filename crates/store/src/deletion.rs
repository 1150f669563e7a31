//! What writes can delete: single rows, what retention ends, whole people, what a law no longer keeps.

use privacy::data::Kind;
use privacy::store::{Day, NewRow, StoreError};
use privacy::subject::Subject;
use rusqlite::params;

use crate::codes;
use crate::due;
use crate::erasure::{self, Erased};
use crate::error::sql;
use crate::keystore::KeyChange;
use crate::retained::{self, FoundBy, RetainedRow};
use crate::write_tx::WriteTx;

impl WriteTx<'_> {
    /// Deletes one row; whether it was there.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_row(&self, subject: &Subject, kind: Kind, id: &[u8; 16]) -> Result<bool, StoreError> {
        self.delete(
            "DELETE FROM record WHERE subject = ?1 AND kind = ?2 AND id = ?3",
            params![subject.as_bytes(), codes::of_kind(kind), id],
            Some(subject),
        )
        .map(|deleted| deleted > 0)
    }

    /// Deletes a person's rows of one kind and says how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_kind(&self, subject: &Subject, kind: Kind) -> Result<u64, StoreError> {
        self.delete(
            "DELETE FROM record WHERE subject = ?1 AND kind = ?2",
            params![subject.as_bytes(), codes::of_kind(kind)],
            Some(subject),
        )
    }

    /// Deletes everybody's rows of one kind from before `day` and says how many there were. Looks at every row.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_before(&self, kind: Kind, day: Day) -> Result<u64, StoreError> {
        self.delete(
            "DELETE FROM record WHERE kind = ?1 AND day < ?2",
            params![codes::of_kind(kind), day.0],
            None,
        )
    }

    /// Deletes a person's rows of one kind from before `day` and says how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_subject_before(&self, subject: &Subject, kind: Kind, day: Day) -> Result<u64, StoreError> {
        self.delete(
            due::DELETE_OLD_OF_A_PERSON,
            params![subject.as_bytes(), codes::of_kind(kind), day.0],
            Some(subject),
        )
    }

    /// Erases a person: rows, identities, ledger, and with the commit the data key, in the keystore and in memory.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn erase(&self, subject: &Subject) -> Result<Erased, StoreError> {
        let erased = erasure::delete_everything(self.connection, subject)?;
        self.shred(subject);
        self.changed(subject, erased.total().max(1));
        Ok(erased)
    }

    /// Keeps a row because a law says so, until a day; it is in no reading of any purpose, and with the commit it lies
    /// in the keystore, where no restore reaches it. If its subject has nothing else, it is an archive from now on and
    /// no longer a living data subject.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn retain(&self, row: &NewRow, law: &str, until: Day, found_by: FoundBy) -> Result<(), StoreError> {
        let subject = *row.subject();
        erasure::make_archive(self.connection, &subject)?;
        let (kind, law) = (row.kind(), law.to_owned());
        let retained = RetainedRow { subject, kind, row: row.row().clone(), law, until, found_by };
        let mut effects = self.effects.borrow_mut();
        effects.known = None;
        effects.keys.push(KeyChange::Retain(retained));
        drop(effects);
        self.changed(&subject, 1);
        Ok(())
    }

    /// Deletes what the law no longer keeps, with the keys of archives that this leaves empty; says how many rows.
    ///
    /// It goes once the entry that says so is committed. Should the machine stop in between, the next call does it, and
    /// says so once more.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn expire_retained(&self, today: Day) -> Result<u64, StoreError> {
        let (due, emptied) = self.shared.keys.read(|keys| retained::due(keys, today))?;
        if due > 0 {
            let day = Day::of(self.what.at);
            let mut effects = self.effects.borrow_mut();
            effects.later.push(KeyChange::ExpireRetained(today));
            effects.later.extend(emptied.into_iter().map(|archive| KeyChange::Shred(archive, day)));
        }
        self.changed_many(due);
        Ok(due)
    }

    fn shred(&self, subject: &Subject) {
        let mut effects = self.effects.borrow_mut();
        effects.known = None;
        effects.keys.push(KeyChange::Shred(*subject, Day::of(self.what.at)));
    }

    pub(crate) fn delete(
        &self,
        text: &str,
        key: &[&dyn rusqlite::ToSql],
        subject: Option<&Subject>,
    ) -> Result<u64, StoreError> {
        let deleted =
            self.connection.prepare_cached(text).and_then(|mut s| s.execute(key)).map_err(sql)? as u64;
        match subject {
            Some(subject) => self.changed(subject, deleted),
            None => self.changed_many(deleted),
        }
        Ok(deleted)
    }
}
