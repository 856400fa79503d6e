-- What the serial worker keeps besides: the queue it consumes and the customer's ledger.
CREATE TABLE queue
(
    position      bigint   NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id      uuid     NOT NULL,
    amount        bigint   NOT NULL,
    at_micros     bigint   NOT NULL,
    account_id    integer  NOT NULL,
    input_tokens  integer  NOT NULL,
    output_tokens integer  NOT NULL,
    model_id      smallint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE ledger
(
    event_id       uuid    NOT NULL,
    account_id     integer NOT NULL,
    amount         bigint  NOT NULL,
    balance_before bigint  NOT NULL,
    balance_after  bigint  NOT NULL
) WITH (autovacuum_enabled = false);
