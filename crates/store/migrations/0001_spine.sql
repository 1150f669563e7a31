-- The spine: everything that the shop keeps. What each column is for stands in columns.toml, which a test compares.
-- No plaintext of a data subject may ever stand here; a subject's rows lie side by side, so that reading or erasing
-- one person is one range.

CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE notice (version INTEGER PRIMARY KEY, register TEXT NOT NULL, published_at TEXT NOT NULL) STRICT;

CREATE TABLE subject (subject BLOB NOT NULL PRIMARY KEY, created_day INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE identity (
  kind INTEGER NOT NULL,
  name BLOB NOT NULL,
  subject BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_of_subject ON identity (subject);

CREATE TABLE ledger (
  subject BLOB NOT NULL,
  seq INTEGER NOT NULL,
  what TEXT NOT NULL,
  purpose TEXT,
  status TEXT,
  decided_at TEXT NOT NULL,
  notice INTEGER,
  language TEXT,
  source TEXT,
  recorded_at TEXT NOT NULL,
  PRIMARY KEY (subject, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
  subject BLOB NOT NULL,
  kind INTEGER NOT NULL,
  id BLOB NOT NULL,
  day INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (subject, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE retained (
  subject BLOB NOT NULL,
  kind INTEGER NOT NULL,
  id BLOB NOT NULL,
  day INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  law TEXT NOT NULL,
  until_day INTEGER NOT NULL,
  PRIMARY KEY (subject, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE item (
  id TEXT NOT NULL PRIMARY KEY,
  kind INTEGER NOT NULL,
  json TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
  day INTEGER NOT NULL,
  reason TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (day, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
  source TEXT NOT NULL PRIMARY KEY,
  lines INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  done INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  duplicate INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entry (seq INTEGER PRIMARY KEY, entry BLOB NOT NULL, leaf BLOB NOT NULL, tag BLOB) STRICT;
CREATE INDEX audit_entry_about ON audit_entry (tag) WHERE tag IS NOT NULL;

CREATE TABLE audit_node (
  level INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_opening (
  entry INTEGER NOT NULL,
  position INTEGER NOT NULL,
  tag BLOB NOT NULL,
  opening BLOB NOT NULL,
  PRIMARY KEY (entry, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_opening_about ON audit_opening (tag);

CREATE TABLE audit_edge (id INTEGER PRIMARY KEY CHECK (id = 0), frontier BLOB NOT NULL) STRICT;

CREATE TABLE audit_head (size INTEGER PRIMARY KEY, note TEXT NOT NULL, signed_at TEXT NOT NULL) STRICT;
