-- The truth of a shard: journals, leases, saved state. Projections come in a file of their own.

-- One row a partition a group. Nothing in this product deletes or updates a row of this table.
-- No index beyond the primary key: every further one costs a write on the path of the acknowledgement.
CREATE TABLE journal (
    partition int         NOT NULL,
    seq       bigint      NOT NULL CHECK (seq > 0),
    epoch     bigint      NOT NULL,
    at        timestamptz NOT NULL,
    body      bytea       NOT NULL,
    PRIMARY KEY (partition, seq)
);

-- The body is a dense binary format: trying to compress it would cost CPU on every write and gain little.
ALTER TABLE journal ALTER COLUMN body SET STORAGE EXTERNAL;

-- A body of up to about 8 kB stays in its row. Moving it out to the TOAST table costs one more row and index entry for every 2 kB.
ALTER TABLE journal SET (toast_tuple_target = 8160);

-- The fence. A row is made once, when the partition is given to this shard; a claim raises the epoch, every write joins on it.
-- moved_to is for good: it names the shard the partition was moved to.
CREATE TABLE lease (
    partition int    PRIMARY KEY,
    epoch     bigint NOT NULL,
    owner     uuid,
    moved_to  text
);

-- What a partition keeps besides its buckets.
CREATE TABLE partition_record (
    partition    int    PRIMARY KEY,
    replay_after bigint NOT NULL,
    record       bytea  NOT NULL
) WITH (fillfactor = 50);

ALTER TABLE partition_record ALTER COLUMN record SET STORAGE EXTERNAL;

-- Saved state of a bucket of customers. Rewritten often, always whole: the free half of each page lets an update stay on its page (HOT),
-- and
-- next_due carries no index so that a change of it stays one, too. A new owner reads the due times of a partition through the primary key.
CREATE TABLE checkpoint (
    partition int         NOT NULL,
    bucket    int         NOT NULL,
    seq       bigint      NOT NULL,
    next_due  timestamptz,
    body      bytea       NOT NULL,
    PRIMARY KEY (partition, bucket)
) WITH (fillfactor = 50);

ALTER TABLE checkpoint ALTER COLUMN body SET STORAGE EXTERNAL;

-- Dead versions of checkpoints are whole bodies: they are cleared early.
ALTER TABLE checkpoint SET (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

-- Identities of taken events, sorted by hash, in segments: the filter in a row of the segment, the blocks in rows of their own so that
-- a look-up reads one block.
CREATE TABLE dedup_segment (
    partition  int         NOT NULL,
    id         bigint      NOT NULL,
    level      int         NOT NULL,
    first_seq  bigint      NOT NULL,
    last_seq   bigint      NOT NULL,
    newest_at  timestamptz NOT NULL,
    count      bigint      NOT NULL,
    block_bits int         NOT NULL,
    filter     bytea       NOT NULL,
    PRIMARY KEY (partition, id)
);

ALTER TABLE dedup_segment ALTER COLUMN filter SET STORAGE EXTERNAL;

CREATE TABLE dedup_block (
    partition int    NOT NULL,
    segment   bigint NOT NULL,
    block     int    NOT NULL,
    body      bytea  NOT NULL,
    PRIMARY KEY (partition, segment, block)
);

-- Hashes do not compress.
ALTER TABLE dedup_block ALTER COLUMN body SET STORAGE EXTERNAL;
