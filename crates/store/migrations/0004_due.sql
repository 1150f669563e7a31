-- Finding what is due without reading everybody's data: rows by their day, decisions by their time, and people of whom
-- something came in late, so that its day had passed a limit before it came.
CREATE INDEX record_by_day ON record (kind, day);
CREATE INDEX ledger_by_decision ON ledger (purpose, decided_at) WHERE status = 'given';
CREATE TABLE late (subject BLOB NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
