//! Who may have something that has run out: found by the days of rows and the times of decisions, not by reading
//! everybody's data. Says who is to be looked at, never what is to go; that is the ledger's matter.

use jiff::{SignedDuration, Timestamp};
use privacy::data::Kind;
use privacy::notice::NoticeVersion;
use privacy::purpose::PurposeId;
use privacy::store::{Day, StoreError};
use privacy::subject::Subject;
use rusqlite::{Params, params};

use crate::codes;
use crate::error::sql;
use crate::schema;
use crate::snapshot::Snapshot;
use crate::write_tx::WriteTx;

// A person's rows lie side by side. The `+` keeps these from going by the index of days, which holds everybody's.
pub(crate) const ROWS_OF_A_PERSON: &str = "SELECT id, day, sealed FROM record
    WHERE subject = ?1 AND kind = ?2 AND +day >= ?3 ORDER BY +day, id";
pub(crate) const DELETE_OLD_OF_A_PERSON: &str =
    "DELETE FROM record WHERE subject = ?1 AND kind = ?2 AND +day < ?3";
const DAYS_OF_A_PERSON: &str = "SELECT DISTINCT +day FROM record WHERE subject = ?1 AND kind = ?2";

const LOOKED: &str = "expiry_looked";

/// When it was last looked for what has run out, and by which notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastLook {
    /// When.
    pub at: Timestamp,
    /// The notice then in force.
    pub notice: NoticeVersion,
}

impl Snapshot<'_> {
    /// When it was last looked for what has run out; `None` if never.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn last_look(&self) -> Result<Option<LastLook>, StoreError> {
        let text = schema::meta(self.connection, LOOKED)?;
        let parts = text.as_deref().and_then(|text| text.split_once(' '));
        Ok(parts.and_then(|(at, notice)| {
            Some(LastLook { at: at.parse().ok()?, notice: NoticeVersion(notice.parse().ok()?) })
        }))
    }

    /// People with rows of a kind about the days from `from` to before `to`.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn people_between(&self, kind: Kind, from: Day, to: Day) -> Result<Vec<Subject>, StoreError> {
        self.people(
            "SELECT DISTINCT subject FROM record INDEXED BY record_by_day WHERE kind = ?1 AND day >= ?2 AND day < ?3",
            params![codes::of_kind(kind), from.0, to.0],
        )
    }

    /// People who said yes to a purpose between two times, give or take a second.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn people_who_agreed(
        &self,
        purpose: &PurposeId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Subject>, StoreError> {
        // Times are kept as text with or without a fraction, which sorts right but for the second itself.
        let second = SignedDuration::from_secs(1);
        let from = from.checked_sub(second).unwrap_or(Timestamp::MIN).to_string();
        let to = to.checked_add(second).unwrap_or(Timestamp::MAX).to_string();
        self.people(
            "SELECT DISTINCT subject FROM ledger INDEXED BY ledger_by_decision
             WHERE status = 'given' AND purpose = ?1 AND decided_at >= ?2 AND decided_at <= ?3",
            params![purpose.as_str(), from, to],
        )
    }

    /// People of whom something came in late since the last look.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn people_with_late_rows(&self) -> Result<Vec<Subject>, StoreError> {
        self.people("SELECT subject FROM late", params![])
    }

    /// The days that a person's rows of one kind are about, each once, in no order.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn row_days(&self, subject: &Subject, kind: Kind) -> Result<Vec<Day>, StoreError> {
        let mut statement = self.connection.prepare_cached(DAYS_OF_A_PERSON).map_err(sql)?;
        let key = params![subject.as_bytes(), codes::of_kind(kind)];
        let days = statement.query_map(key, |row| row.get(0).map(Day)).map_err(sql)?;
        days.collect::<Result<_, _>>().map_err(sql)
    }

    fn people(&self, text: &str, key: impl Params) -> Result<Vec<Subject>, StoreError> {
        let mut statement = self.connection.prepare_cached(text).map_err(sql)?;
        let people = statement.query_map(key, |row| row.get(0).map(Subject::from_bytes)).map_err(sql)?;
        people.collect::<Result<_, _>>().map_err(sql)
    }
}

impl WriteTx<'_> {
    /// Writes down that it was looked for what has run out. What came in late until then has been looked at too.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn looked(&self, look: LastLook, late: &[Subject]) -> Result<(), StoreError> {
        let LastLook { at, notice } = look;
        for subject in late {
            self.connection
                .prepare_cached("DELETE FROM late WHERE subject = ?1")
                .and_then(|mut statement| statement.execute([subject.as_bytes()]))
                .map_err(sql)?;
        }
        schema::set_meta(self.connection, LOOKED, &format!("{at} {notice}"))
    }

    /// A row about this day came in: has the person looked at if a limit of its kind has passed already.
    pub(crate) fn note_late_row(&self, subject: &Subject, kind: Kind, day: Day) -> Result<(), StoreError> {
        let today = Day::of(self.what.at);
        // What is of today or yesterday is late for nothing.
        if day >= today.minus(1) {
            return Ok(());
        }
        match self.law().retentions(kind).first() {
            Some(shortest) if day >= today.minus(*shortest) => Ok(()),
            Some(_) | None => self.note_late(subject),
        }
    }

    /// A yes of this time came in: has the person looked at if it may have run out already.
    pub(crate) fn note_late_yes(&self, subject: &Subject, at: Timestamp) -> Result<(), StoreError> {
        if Day::of(at) >= Day::of(self.what.at).minus(1) { Ok(()) } else { self.note_late(subject) }
    }

    fn note_late(&self, subject: &Subject) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("INSERT OR IGNORE INTO late (subject) VALUES (?1)")
            .and_then(|mut statement| statement.execute([subject.as_bytes()]))
            .map_err(sql)
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_persons_rows_are_read_without_reading_anybody_elses() {
        let place = tempfile::tempdir().unwrap();
        let data = schema::open_writer(&place.path().join("data.db"), schema::DATA, 1024).unwrap();
        for text in [ROWS_OF_A_PERSON, DELETE_OLD_OF_A_PERSON, DAYS_OF_A_PERSON] {
            let plan: String = data
                .prepare(&format!("EXPLAIN QUERY PLAN {text}"))
                .and_then(|mut statement| {
                    let key = vec![1; statement.parameter_count()];
                    statement.query_row(rusqlite::params_from_iter(key), |row| row.get(3))
                })
                .unwrap();
            assert!(plan.contains("PRIMARY KEY (subject=? AND kind=?)"), "{text}: {plan}");
        }
    }
}
