-- What every PostgreSQL peer keeps: an account a customer and a row an event.

-- fillfactor 50: the new version of an updated row finds room on its page, so the update is "heap only" and touches no index; the balance is
-- in no index for the same reason. The table is small, so the room costs nothing.
-- autovacuum early: a hot row leaves dead versions that the next update has to step over.
CREATE TABLE accounts
(
    account_id integer NOT NULL PRIMARY KEY,
    balance    bigint  NOT NULL CHECK (balance >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- The one index there must be is the one that finds duplicates: 16 bytes, which grow with time when the sender's ids do (UUID version 7).
-- No foreign key: it would lock the account row a second time for every event. Wide columns first: no padding between them.
CREATE TABLE events
(
    event_id      uuid     NOT NULL PRIMARY KEY,
    amount        bigint   NOT NULL,
    at_micros     bigint   NOT NULL,
    account_id    integer  NOT NULL,
    input_tokens  integer  NOT NULL,
    output_tokens integer  NOT NULL,
    model_id      smallint NOT NULL
) WITH (autovacuum_enabled = false); -- only ever inserted into: within a run there is nothing to clean
