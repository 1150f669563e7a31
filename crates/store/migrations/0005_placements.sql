-- The shop's rules for each place that recommendations fill, and its tests of one way against another. Nothing here is
-- about a person: who saw what stands among their own sealed rows.
CREATE TABLE placement (name TEXT NOT NULL PRIMARY KEY, rules TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE experiment (
  name TEXT NOT NULL PRIMARY KEY,
  design TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT
) STRICT, WITHOUT ROWID;
