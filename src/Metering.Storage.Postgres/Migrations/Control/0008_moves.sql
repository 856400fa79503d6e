-- Partitions on their way from one shard to another.

-- A row for as long as a move is under way. The truth about the fence is the lease on the source; this says who moves what, and how far.
CREATE TABLE partition_move (
    partition  int    PRIMARY KEY REFERENCES shard_map (partition),
    source     text COLLATE "C" NOT NULL REFERENCES shard (name),
    target     text COLLATE "C" NOT NULL REFERENCES shard (name),
    step       text   NOT NULL CHECK (step IN ('copying', 'fenced', 'clearing')),
    generation bigint NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK (source <> target)
);

-- Grows over all moves of all partitions: of two movers the later one has the larger.
CREATE SEQUENCE partition_move_generation;

-- Whether a shard's database has been told which shard it is. One that was told is recognised at every start.
ALTER TABLE shard ADD COLUMN identified boolean NOT NULL DEFAULT false;
