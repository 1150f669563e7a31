-- What the shop signed when it brought a backup back, by the entry that commits to it; and which heads stand in
-- certificates that were given out.
CREATE TABLE audit_restore (entry INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
ALTER TABLE audit_head ADD COLUMN cited INTEGER NOT NULL DEFAULT 0;
