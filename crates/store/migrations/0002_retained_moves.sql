-- What a law keeps moves to the keystore, at the next opening; then this table goes.
ALTER TABLE retained RENAME TO retained_to_move;
