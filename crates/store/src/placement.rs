//! The shop's rules for the places that recommendations fill, and its experiments, as the server writes them down. Nothing
//! here may be about a person.

use jiff::Timestamp;
use privacy::store::StoreError;
use rusqlite::params;

use crate::error::sql;
use crate::snapshot::Snapshot;
use crate::write_tx::WriteTx;

/// A place and its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlacement {
    /// Its name.
    pub name: String,
    /// Its rules, as JSON.
    pub rules: String,
    /// When they were last set.
    pub updated_at: Timestamp,
}

/// A test of one way against another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExperiment {
    /// Its name.
    pub name: String,
    /// What is compared, as JSON.
    pub design: String,
    /// Since when.
    pub started_at: Timestamp,
    /// Until when, if it has ended.
    pub ended_at: Option<Timestamp>,
}

fn time(text: &str) -> Result<Timestamp, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(String::from("a placement or experiment has no time")))
}

impl Snapshot<'_> {
    /// All places that have rules, by name.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn placements(&self) -> Result<Vec<StoredPlacement>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT name, rules, updated_at FROM placement ORDER BY name")
            .map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut placements = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            placements.push(StoredPlacement {
                name: row.get(0).map_err(sql)?,
                rules: row.get(1).map_err(sql)?,
                updated_at: time(&row.get::<_, String>(2).map_err(sql)?)?,
            });
        }
        Ok(placements)
    }

    /// All experiments, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn experiments(&self) -> Result<Vec<StoredExperiment>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT name, design, started_at, ended_at FROM experiment ORDER BY started_at DESC, name",
            )
            .map_err(sql)?;
        let mut rows = statement.query([]).map_err(sql)?;
        let mut experiments = Vec::new();
        while let Some(row) = rows.next().map_err(sql)? {
            let ended_at: Option<String> = row.get(3).map_err(sql)?;
            experiments.push(StoredExperiment {
                name: row.get(0).map_err(sql)?,
                design: row.get(1).map_err(sql)?,
                started_at: time(&row.get::<_, String>(2).map_err(sql)?)?,
                ended_at: ended_at.map(|text| time(&text)).transpose()?,
            });
        }
        Ok(experiments)
    }
}

impl WriteTx<'_> {
    /// Sets the rules of a place, in the place of those before.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be written.
    pub fn put_placement(&self, placement: &StoredPlacement) -> Result<(), StoreError> {
        let StoredPlacement { name, rules, updated_at } = placement;
        let written = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO placement (name, rules, updated_at) VALUES (?1, ?2, ?3)")
            .and_then(|mut statement| statement.execute(params![name, rules, updated_at.to_string()]))
            .map_err(sql)?;
        self.count_rows(written);
        Ok(())
    }

    /// Takes a place's rules away; whether it had any.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn delete_placement(&self, name: &str) -> Result<bool, StoreError> {
        let deleted = self
            .connection
            .prepare_cached("DELETE FROM placement WHERE name = ?1")
            .and_then(|mut statement| statement.execute([name]))
            .map_err(sql)?;
        self.count_rows(deleted);
        Ok(deleted > 0)
    }

    /// Writes an experiment down, in the place of the one of that name.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn put_experiment(&self, experiment: &StoredExperiment) -> Result<(), StoreError> {
        let StoredExperiment { name, design, started_at, ended_at } = experiment;
        let ended_at = ended_at.map(|at| at.to_string());
        let written = self
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO experiment (name, design, started_at, ended_at) VALUES (?1, ?2, ?3, ?4)",
            )
            .and_then(|mut statement| {
                statement.execute(params![name, design, started_at.to_string(), ended_at])
            })
            .map_err(sql)?;
        self.count_rows(written);
        Ok(())
    }
}
