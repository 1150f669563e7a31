-- By what the shop finds again what a law keeps, when it must be shown: the order's number, or the certificate of the
-- erasure, each as a keyed name that leads to no person. And by its own name, so that nothing is kept twice.
ALTER TABLE retained ADD COLUMN order_name BLOB;
ALTER TABLE retained ADD COLUMN certificate_name BLOB;
CREATE INDEX retained_by_order ON retained (order_name) WHERE order_name IS NOT NULL;
CREATE INDEX retained_by_certificate ON retained (certificate_name) WHERE certificate_name IS NOT NULL;
CREATE INDEX retained_by_name ON retained (kind, id);
