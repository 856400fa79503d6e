-- A sum of valid amounts may have more digits than an amount: 100 billion of the largest fit. No rewrite: only the precision grows.
ALTER TABLE usage_hourly
    ALTER COLUMN sum TYPE numeric(38,9),
    ALTER COLUMN credits TYPE numeric(38,9);
