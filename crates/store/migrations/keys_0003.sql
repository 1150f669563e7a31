-- The heads of the audit log that stand in certificates, so that a restore, which takes the log back, can say which of
-- them it gives up. How far the log has come stands in `meta`, as `log_end`.
CREATE TABLE cited_head (size INTEGER NOT NULL, root BLOB NOT NULL, PRIMARY KEY (size, root)) STRICT, WITHOUT ROWID;
