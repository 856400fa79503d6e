-- Tables for queries, derived from the journal. Each can be dropped and made again from it.

-- How far each partition's journal is contained in the tables below. Changed only in the database transaction that fills them,
-- and only from the value that transaction began with.
CREATE TABLE projection_cursor (
    partition int    PRIMARY KEY,
    seq       bigint NOT NULL
) WITH (fillfactor = 50);

-- Raw rows before this day are dropped and not made again, by the projector or by a rebuild. One row.
CREATE TABLE projection_retention (
    one            boolean     PRIMARY KEY DEFAULT true CHECK (one),
    dropped_before timestamptz NOT NULL
);

INSERT INTO projection_retention (dropped_before) VALUES ('-infinity');

-- Raw events by the UTC day of the event's time, so that retention is a DROP of a day. Filled by COPY alone. No key and no btree: an event
-- is
-- counted once before it comes here, and an index entry an event would cost more than the row.
CREATE TABLE usage_event (
    time         timestamptz   NOT NULL,
    at           timestamptz   NOT NULL,
    seq          bigint        NOT NULL,
    partition    int           NOT NULL,
    ordinal      int           NOT NULL,
    plan_version int           NOT NULL,
    project_id   text COLLATE "C" NOT NULL,
    customer_id  text COLLATE "C" NOT NULL,
    source       text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    type         text COLLATE "C" NOT NULL,
    plan         text COLLATE "C" NOT NULL,
    credits      numeric(27,9) NOT NULL,
    data         text          NOT NULL
) PARTITION BY RANGE (time);

-- Every batch is sorted by project before it is copied, so eight neighbouring pages hold few projects and the index skips nearly all
-- others.
CREATE INDEX usage_event_project_time ON usage_event USING brin (project_id, time) WITH (pages_per_range = 8, autosummarize = on);

-- What each meter counted, by hours of the customer's time zone. Dimensions may be longer than an index entry may be, so their
-- SHA-256 stands in the key. The customer comes first: all of a customer's projects are then one range.
CREATE TABLE usage_hourly (
    customer_id       text COLLATE "C" NOT NULL,
    project_id        text COLLATE "C" NOT NULL,
    start             timestamptz   NOT NULL,
    meter             text COLLATE "C" NOT NULL,
    dimensions_digest bytea         NOT NULL,
    dimensions        text COLLATE "C" NOT NULL,
    partition         int           NOT NULL,
    sum               numeric(27,9) NOT NULL,
    count             bigint        NOT NULL,
    max               numeric(27,9) NOT NULL,
    latest            numeric(27,9) NOT NULL,
    latest_time       timestamptz   NOT NULL,
    latest_seq        bigint        NOT NULL,
    latest_ordinal    int           NOT NULL,
    credits           numeric(27,9) NOT NULL,
    PRIMARY KEY (customer_id, project_id, start, meter, dimensions_digest)
) WITH (fillfactor = 70);

CREATE TABLE ledger_entry (
    customer_id      text COLLATE "C" NOT NULL,
    entry            bigint        NOT NULL,
    partition        int           NOT NULL,
    seq              bigint        NOT NULL,
    transaction_type text COLLATE "C" NOT NULL,
    amount           numeric(27,9) NOT NULL,
    balance_before   numeric(27,9) NOT NULL,
    balance_after    numeric(27,9) NOT NULL,
    description      text          NOT NULL,
    at               timestamptz   NOT NULL,
    PRIMARY KEY (customer_id, entry)
);

CREATE TABLE alert (
    partition    int           NOT NULL,
    seq          bigint        NOT NULL,
    ordinal      int           NOT NULL,
    project_id   text COLLATE "C" NOT NULL,
    customer_id  text COLLATE "C" NOT NULL,
    meter        text COLLATE "C" NOT NULL,
    period       text COLLATE "C" NOT NULL,
    period_start timestamptz   NOT NULL,
    threshold    int           NOT NULL,
    severity     text COLLATE "C" NOT NULL,
    usage        numeric(27,9) NOT NULL,
    max          numeric(27,9) NOT NULL,
    percentage   numeric       NOT NULL,
    message      text          NOT NULL,
    at           timestamptz   NOT NULL,
    PRIMARY KEY (partition, seq, ordinal)
);

CREATE INDEX alert_project ON alert (project_id, seq, ordinal);

-- Facts that the control database's lists show, on their way there. Filled with the projections, emptied once delivered: the control
-- database may be away without holding the projections up.
CREATE TABLE partition_fact (
    partition    int    NOT NULL,
    seq          bigint NOT NULL,
    ordinal      int    NOT NULL,
    customer_id  text COLLATE "C" NOT NULL,
    project_id   text COLLATE "C" NOT NULL,
    plan         text COLLATE "C",
    plan_version int    NOT NULL,
    status       int,
    PRIMARY KEY (partition, seq, ordinal)
);

-- The plan each project is on at the projection cursor, and the one it goes to with its next billing period: what raw events show.
CREATE TABLE projection_project (
    project_id        text COLLATE "C" PRIMARY KEY,
    partition         int  NOT NULL,
    plan              text COLLATE "C" NOT NULL,
    plan_version      int  NOT NULL,
    next_plan         text COLLATE "C",
    next_plan_version int  NOT NULL
);
