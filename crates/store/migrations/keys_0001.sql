-- The keystore: each living data subject's data key, wrapped, and the names of those who were erased.
-- Lies apart from the data; a row that is deleted here makes everything that it sealed unreadable.

CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE wrapped_key (
  subject BLOB NOT NULL PRIMARY KEY,
  epoch INTEGER NOT NULL,
  wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (subject BLOB NOT NULL PRIMARY KEY, day INTEGER NOT NULL) STRICT, WITHOUT ROWID;
