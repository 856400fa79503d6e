-- What moving partitions between shards needs.

-- Which cluster this database belongs to and its name there, so that no other cluster, and no other place in this one, takes it by mistake.
CREATE TABLE shard_identity (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    cluster bytea   NOT NULL CHECK (octet_length(cluster) = 32),
    name    text COLLATE "C" NOT NULL
);

-- The newest mover of a partition that has been here. A mover that finds a newer one than itself does nothing more: it was given up for
-- dead, and another has taken its place.
CREATE TABLE move_guard (
    partition  int    PRIMARY KEY,
    generation bigint NOT NULL
);

-- The outbox of one partition, in the order in which two shards' are compared.
CREATE INDEX outbox_partition ON outbox (partition, id);
