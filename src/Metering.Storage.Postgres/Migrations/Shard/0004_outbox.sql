-- What is to be carried out of the grid: messages, not a table for queries. No rebuild makes or removes a row.

-- A pending row (status 0) is given out once visible_at has come; a claim moves that to the end of its lease. An attempt is named by its
-- number, attempts; of those, budget_from were made before the last replay.
CREATE TABLE outbox (
    id           text COLLATE "C" PRIMARY KEY,
    kind         text COLLATE "C" NOT NULL,
    topic        text COLLATE "C" NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    partition    int         NOT NULL,
    customer_id  text COLLATE "C" NOT NULL,
    owner_id     text COLLATE "C",
    target       text COLLATE "C" NOT NULL,
    data         text        NOT NULL CHECK (octet_length(data) <= 262144),
    created_at   timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    visible_at   timestamptz NOT NULL,
    status       smallint    NOT NULL DEFAULT 0,
    attempts     int         NOT NULL DEFAULT 0,
    budget_from  int         NOT NULL DEFAULT 0,
    attempts_max int,
    closed_at    timestamptz,
    last_error   text
);

-- For claims: the targets that wait, and the rows of one of them, without touching those of the others.
CREATE INDEX outbox_waiting ON outbox (kind, target, visible_at, id) WHERE status = 0;

-- For the age of the oldest that waits.
CREATE INDEX outbox_due ON outbox (kind, due_at) WHERE status = 0;

-- For the retention.
CREATE INDEX outbox_closed ON outbox (closed_at) WHERE status <> 0;

-- One index a question that lists answer.
CREATE INDEX outbox_created ON outbox (created_at, id);
CREATE INDEX outbox_customer ON outbox (customer_id, created_at, id);
CREATE INDEX outbox_owner ON outbox (owner_id, created_at, id) WHERE owner_id IS NOT NULL;
CREATE INDEX outbox_target ON outbox (target, created_at, id) WHERE target <> '';

CREATE TABLE outbox_attempt (
    outbox_id         text COLLATE "C" NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    number            int         NOT NULL,
    at                timestamptz NOT NULL,
    took_microseconds bigint      NOT NULL,
    status            int,
    error             text,
    PRIMARY KEY (outbox_id, number)
);

-- The threshold of each wallet that has automatic top-ups, at the projection cursor: whether a balance has fallen through it.
CREATE TABLE projection_threshold (
    customer_id text COLLATE "C" PRIMARY KEY,
    partition   int           NOT NULL,
    threshold   numeric(27,9) NOT NULL
);

CREATE INDEX projection_threshold_partition ON projection_threshold (partition);
