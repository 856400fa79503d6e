-- Issued invoices without their lines, and credit notes, derived from the journal. They can be made again from it; a rebuild changes
-- nothing in them.
CREATE TABLE invoice (
    id           text COLLATE "C" PRIMARY KEY,
    partition    int           NOT NULL,
    seq          bigint        NOT NULL,
    customer_id  text COLLATE "C" NOT NULL,
    project_id   text COLLATE "C" NOT NULL,
    legal_number text COLLATE "C" NOT NULL UNIQUE,
    period_start timestamptz   NOT NULL,
    period_end   timestamptz   NOT NULL,
    first_day    date          NOT NULL,
    plan         text COLLATE "C" NOT NULL,
    plan_version int           NOT NULL,
    currency     text COLLATE "C" NOT NULL,
    subtotal     numeric(27,9) NOT NULL,
    tax          numeric(27,9) NOT NULL,
    total        numeric(27,9) NOT NULL,
    overage      numeric(27,9) NOT NULL,
    credited     numeric(27,9) NOT NULL,
    status       int           NOT NULL,
    issued_at    timestamptz   NOT NULL,
    due_at       timestamptz   NOT NULL,
    digest       text COLLATE "C" NOT NULL,
    external_id  text
) WITH (fillfactor = 80);

-- One index an order that a list can be asked for: newest period first, then by id.
CREATE INDEX invoice_day ON invoice (first_day DESC, id);
CREATE INDEX invoice_project ON invoice (project_id, first_day DESC, id);
CREATE INDEX invoice_customer ON invoice (customer_id, first_day DESC, id);
CREATE INDEX invoice_status ON invoice (status, first_day DESC, id);

CREATE TABLE credit_note (
    partition   int           NOT NULL,
    number      bigint        NOT NULL,
    seq         bigint        NOT NULL,
    label       text COLLATE "C" NOT NULL,
    invoice_id  text COLLATE "C" NOT NULL,
    customer_id text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    total       numeric(27,9) NOT NULL,
    reason      text          NOT NULL,
    issued_at   timestamptz   NOT NULL,
    PRIMARY KEY (partition, number)
);

CREATE INDEX credit_note_invoice ON credit_note (invoice_id, number);
