-- The directory: who there is, what they may use, and which shard holds whom.

-- What never changes once the cluster exists. One row.
CREATE TABLE cluster (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    partitions   int     NOT NULL CHECK (partitions > 0),
    identity_key bytea   NOT NULL CHECK (octet_length(identity_key) = 16)
);

-- Raised first in every change's database transaction. Its row lock puts all changes in one order, so whoever sees version N sees
-- every change up to N. The other two say at which version meters and plans, and the shard map, last changed.
CREATE TABLE directory_version (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    version   bigint  NOT NULL,
    catalog   bigint  NOT NULL,
    shard_map bigint  NOT NULL
) WITH (fillfactor = 10);

INSERT INTO directory_version (version, catalog, shard_map) VALUES (0, 0, 0);

CREATE TABLE shard (
    name              text COLLATE "C" PRIMARY KEY,
    connection_string text NOT NULL
);

CREATE TABLE shard_map (
    partition int  PRIMARY KEY,
    shard     text COLLATE "C" NOT NULL REFERENCES shard (name)
);

-- Names sort and are searched as people expect, whatever the locale of the database: by Unicode's root collation.
-- plan_seq, status_seq: the journal positions that the plan and the status shown come from; an older fact changes nothing.
CREATE TABLE customer (
    id           text COLLATE "C" PRIMARY KEY,
    name         text COLLATE "und-x-icu" NOT NULL,
    email        text COLLATE "und-x-icu" NOT NULL,
    plan         text COLLATE "C" NOT NULL,
    plan_version int         NOT NULL,
    currency     text        NOT NULL,
    time_zone    text        NOT NULL,
    tier         text,
    status       int         NOT NULL,
    created_at   timestamptz NOT NULL,
    version      bigint      NOT NULL,
    plan_seq     bigint      NOT NULL DEFAULT 0,
    status_seq   bigint      NOT NULL DEFAULT 0
);

-- One index an order that a list can be asked for; the primary key is the order by id and breaks ties.
CREATE INDEX customer_name ON customer (name, id);
CREATE INDEX customer_email ON customer (email, id);
CREATE INDEX customer_created ON customer (created_at, id);
CREATE INDEX customer_plan ON customer (plan, id);
CREATE INDEX customer_status ON customer (status, id);
CREATE INDEX customer_version ON customer (version);

CREATE TABLE project (
    id           text COLLATE "C" PRIMARY KEY,
    customer_id  text COLLATE "C" NOT NULL REFERENCES customer (id),
    name         text        NOT NULL,
    plan         text COLLATE "C" NOT NULL,
    plan_version int         NOT NULL,
    created_at   timestamptz NOT NULL,
    version      bigint      NOT NULL,
    plan_seq     bigint      NOT NULL DEFAULT 0
);

CREATE INDEX project_customer ON project (customer_id, created_at, id);
CREATE INDEX project_version ON project (version);

CREATE TABLE api_key (
    id          text COLLATE "C" PRIMARY KEY,
    sha256      bytea       NOT NULL UNIQUE CHECK (octet_length(sha256) = 32),
    prefix      text        NOT NULL,
    customer_id text COLLATE "C" REFERENCES customer (id),
    name        text        NOT NULL,
    scopes      int         NOT NULL,
    created_at  timestamptz NOT NULL,
    revoked_at  timestamptz,
    version     bigint      NOT NULL
);

CREATE INDEX api_key_customer ON api_key (customer_id, created_at, id);
CREATE INDEX api_key_version ON api_key (version);

-- The body is the meter or plan as JSON; json, not jsonb, keeps it byte for byte.
CREATE TABLE meter (
    id   text COLLATE "C" PRIMARY KEY,
    used boolean NOT NULL DEFAULT false,
    body json    NOT NULL
);

CREATE TABLE plan (
    id      text COLLATE "C" NOT NULL,
    version int  NOT NULL CHECK (version > 0),
    body    json NOT NULL,
    PRIMARY KEY (id, version)
);
