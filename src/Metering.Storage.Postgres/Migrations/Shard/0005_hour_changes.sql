-- What large batches change of usage_hourly, packed, until it is settled there: a row a batch, partition and bucket of customers, where
-- usage_hourly would take a row for each meter and combination of each project. What an hour counted is its row in usage_hourly and all
-- that changes it here. The format is that of HourChanges.
CREATE TABLE usage_hour_change (
    partition int    NOT NULL,
    bucket    int    NOT NULL,
    seq       bigint NOT NULL,
    body      bytea  NOT NULL,
    PRIMARY KEY (partition, bucket, seq)
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.1, toast.autovacuum_vacuum_scale_factor = 0.1);

ALTER TABLE usage_hour_change ALTER COLUMN body SET STORAGE EXTERNAL;
