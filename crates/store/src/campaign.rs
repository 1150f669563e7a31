//! Campaigns as the shop made them, and to how many people each went. Whom it went to must never stand here: that lies
//! sealed with each person.

use jiff::Timestamp;
use privacy::store::StoreError;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::error::{from_sql, sql, to_sql};
use crate::snapshot::Snapshot;
use crate::write_tx::WriteTx;

/// A campaign as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCampaign {
    /// The shop's own id.
    pub id: String,
    /// Everything else, as the server writes it down.
    pub json: String,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// To how many people it went. About people: it leaves behind a threshold alone.
    pub sent: u64,
}

const COLUMNS: &str = "SELECT id, json, updated_at, sent FROM campaign";

impl Snapshot<'_> {
    /// The campaign with this id.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be read.
    pub fn campaign(&self, id: &str) -> Result<Option<StoredCampaign>, StoreError> {
        let text = format!("{COLUMNS} WHERE id = ?1");
        let mut statement = self.connection.prepare_cached(&text).map_err(sql)?;
        let found = statement.query_row([id], columns).optional().map_err(sql)?;
        found.map(read).transpose()
    }

    /// All campaigns, by id.
    ///
    /// # Errors
    /// [`StoreError`] when they can't be read.
    pub fn campaigns(&self) -> Result<Vec<StoredCampaign>, StoreError> {
        let text = format!("{COLUMNS} ORDER BY id");
        let mut statement = self.connection.prepare_cached(&text).map_err(sql)?;
        let rows = statement.query_map([], columns).map_err(sql)?;
        rows.map(|row| read(row.map_err(sql)?)).collect()
    }
}

impl WriteTx<'_> {
    /// Keeps a campaign, in the place of one with the same id; the count of people stays.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn put_campaign(&self, id: &str, json: &str, updated_at: Timestamp) -> Result<(), StoreError> {
        let changed = self
            .connection
            .prepare_cached(
                "INSERT INTO campaign (id, json, updated_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET json = excluded.json, updated_at = excluded.updated_at",
            )
            .and_then(|mut statement| statement.execute(params![id, json, updated_at.to_string()]))
            .map_err(sql)?;
        self.count_rows(changed);
        Ok(())
    }

    /// Counts people to whom a campaign went.
    ///
    /// # Errors
    /// [`StoreError`] when it can't be written.
    pub fn count_sent(&self, campaign: &str, people: u64) -> Result<(), StoreError> {
        let changed = self
            .connection
            .prepare_cached("UPDATE campaign SET sent = sent + ?2 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![campaign, to_sql(people)]))
            .map_err(sql)?;
        self.count_rows(changed);
        Ok(())
    }
}

type Columns = (String, String, String, i64);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn read((id, json, updated_at, sent): Columns) -> Result<StoredCampaign, StoreError> {
    let updated_at =
        updated_at.parse().map_err(|_| StoreError::Damaged(String::from("a campaign has no time")))?;
    Ok(StoredCampaign { id, json, updated_at, sent: from_sql(sent)? })
}
