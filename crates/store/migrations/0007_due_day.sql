-- Instead of an index with an entry for each row: of each person the day on which something of theirs may run out next.
-- It lies with the person, who are few beside their rows, so that taking a row in costs no second place on the disk.
-- 0 has everybody who is known by now looked at once; 2147483647 is never.
DROP INDEX record_by_day;
DROP INDEX ledger_by_decision;
DROP TABLE late;
ALTER TABLE subject ADD COLUMN due_day INTEGER NOT NULL DEFAULT 0;
