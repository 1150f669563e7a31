-- The shop's offers to many: what each is about, who made and who approved it, and to how many people it went.
CREATE TABLE campaign (
  id TEXT NOT NULL PRIMARY KEY,
  json TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
