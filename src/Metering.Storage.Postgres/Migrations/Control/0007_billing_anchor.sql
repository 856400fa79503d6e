-- The day of the month on which billing periods begin; in a shorter month it is the last day.
ALTER TABLE customer ADD COLUMN billing_anchor_day int NOT NULL DEFAULT 1 CHECK (billing_anchor_day BETWEEN 1 AND 31);
