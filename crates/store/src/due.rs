//! Who may have something that has run out: of each person the store keeps the day on which a limit of theirs passes
//! next, so that nobody else's data is read. Says who is to be looked at, never what is to go; that is the ledger's
//! matter.

use jiff::Timestamp;
use privacy::consent::{ConsentRecord, Status};
use privacy::data::Kind;
use privacy::notice::NoticeVersion;
use privacy::purpose::LegalBasis;
use privacy::store::{Day, Law, StoreError};
use privacy::subject::Subject;
use rusqlite::params;

use crate::codes;
use crate::error::sql;
use crate::schema;
use crate::snapshot::Snapshot;
use crate::write_tx::WriteTx;

pub(crate) const ROWS_OF_A_PERSON: &str = "SELECT id, day, sealed FROM record
    WHERE subject = ?1 AND kind = ?2 AND day >= ?3 ORDER BY day, id";
pub(crate) const DELETE_OLD_OF_A_PERSON: &str =
    "DELETE FROM record WHERE subject = ?1 AND kind = ?2 AND day < ?3";
const DAYS_OF_A_PERSON: &str = "SELECT DISTINCT day FROM record WHERE subject = ?1 AND kind = ?2";

const LOOKED: &str = "expiry_looked";

/// Nothing of a person will ever run out by itself.
pub(crate) const NEVER: Day = Day(i32::MAX);

/// When it was last looked for what has run out, and by which notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastLook {
    /// When.
    pub at: Timestamp,
    /// The notice then in force.
    pub notice: NoticeVersion,
}

/// The shortest time for which any purpose keeps rows of each kind, worked out once.
pub(crate) struct Limits(Vec<(Kind, u32)>);

impl Limits {
    pub(crate) fn of(law: &Law) -> Self {
        let shortest = |kind: &Kind| law.retentions(*kind).first().map(|days| (*kind, *days));
        Self(Kind::ALL.iter().filter_map(shortest).collect())
    }

    /// The first day on which a limit of a row has passed; at once for a kind that nothing declares.
    fn of_row(&self, kind: Kind, day: Day) -> Day {
        let shortest = self.0.iter().find(|(known, _)| *known == kind);
        shortest.map_or(Day(i32::MIN), |(_, days)| day.plus(*days).plus(1))
    }
}

/// The day on which a yes runs out; `None` for what isn't one, or doesn't.
fn end_of_yes(law: &Law, record: &ConsentRecord) -> Option<Day> {
    let declaration = law.register.purpose(record.purpose.as_str())?;
    let ends = record.status == Status::Given && declaration.basis == LegalBasis::Consent;
    ends.then(|| Day::of(record.at).plus(declaration.consent_valid_days))
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

    /// People of whom a row or a yes has passed a limit by this day and who weren't looked at since, and people of whom
    /// something came in when its limit had passed already.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn people_due(&self, today: Day) -> Result<Vec<Subject>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT subject FROM subject WHERE due_day <= ?1").map_err(sql)?;
        let people =
            statement.query_map([today.0], |row| row.get(0).map(Subject::from_bytes)).map_err(sql)?;
        people.collect::<Result<_, _>>().map_err(sql)
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

    pub(crate) fn due_day(&self, subject: &Subject) -> Result<Option<Day>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT due_day FROM subject WHERE subject = ?1").map_err(sql)?;
        let mut rows = statement.query([subject.as_bytes()]).map_err(sql)?;
        rows.next().map_err(sql)?.map(|row| row.get(0).map(Day).map_err(sql)).transpose()
    }
}

impl WriteTx<'_> {
    /// Writes down that it was looked for what has run out.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn looked(&self, look: LastLook) -> Result<(), StoreError> {
        let LastLook { at, notice } = look;
        schema::set_meta(self.connection, LOOKED, &format!("{at} {notice}"))
    }

    /// Somebody was looked at, and what had run out by this day is settled: works out when they are to be looked at
    /// next, from what is kept of them now.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read or written.
    pub fn looked_at(&self, subject: &Subject, today: Day) -> Result<(), StoreError> {
        let Some(state) = privacy::store::Tx::ledger(self, subject)? else { return Ok(()) };
        let law = self.law();
        let mut next = state.consents().filter_map(|record| end_of_yes(law, record)).min().unwrap_or(NEVER);
        for kind in Kind::ALL {
            let retentions = law.retentions(*kind);
            for day in self.row_days(subject, *kind)? {
                let limits = retentions.iter().map(|days| day.plus(*days).plus(1));
                next = limits.filter(|limit| *limit > today).fold(next, Day::min);
            }
        }
        self.effects.borrow_mut().due.remove(subject);
        self.connection
            .prepare_cached("UPDATE subject SET due_day = ?2 WHERE subject = ?1")
            .and_then(|mut statement| statement.execute(params![subject.as_bytes(), next.0]))
            .map_err(sql)
            .map(drop)
    }

    /// A row about this day came in.
    pub(crate) fn note_row(&self, subject: &Subject, kind: Kind, day: Day) {
        self.note_due(subject, self.snapshot.shared.limits.of_row(kind, day));
    }

    /// A decision came in.
    pub(crate) fn note_decision(&self, subject: &Subject, record: &ConsentRecord) {
        if let Some(day) = end_of_yes(self.law(), record) {
            self.note_due(subject, day);
        }
    }

    fn note_due(&self, subject: &Subject, day: Day) {
        let mut effects = self.effects.borrow_mut();
        let known = effects.due.entry(*subject).or_insert(NEVER);
        *known = day.min(*known);
    }

    /// Writes down who is to be looked at earlier than was known; at the end of a write, so that a person's many rows
    /// cost one look.
    pub(crate) fn write_due_days(&self) -> Result<(), StoreError> {
        let due = std::mem::take(&mut self.effects.borrow_mut().due);
        for (subject, day) in due {
            if self.due_day(&subject)?.is_some_and(|known| day < known) {
                self.connection
                    .prepare_cached("UPDATE subject SET due_day = ?2 WHERE subject = ?1")
                    .and_then(|mut statement| statement.execute(params![subject.as_bytes(), day.0]))
                    .map_err(sql)?;
            }
        }
        Ok(())
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
