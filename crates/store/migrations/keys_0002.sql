-- What a law keeps of the erased lies with the keys, not with the data: a restore brings the data back as it was, and
-- keeps the keys as they are. Sealed for an archive that no identity leads to; a shredded archive takes its rows along.

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
CREATE INDEX retained_until ON retained (until_day);
