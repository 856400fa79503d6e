-- A wallet may have a balance below which it is low, apart from the threshold of automatic top-ups.
ALTER TABLE projection_threshold RENAME COLUMN threshold TO top_up;
ALTER TABLE projection_threshold ALTER COLUMN top_up DROP NOT NULL;
ALTER TABLE projection_threshold ADD COLUMN low_balance numeric(27,9);
ALTER TABLE projection_threshold ADD CHECK (top_up IS NOT NULL OR low_balance IS NOT NULL);
