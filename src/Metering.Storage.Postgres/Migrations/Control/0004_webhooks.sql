-- Where webhooks are sent. The secrets stand in clear: a signature needs them.
CREATE TABLE webhook_endpoint (
    id                  text COLLATE "C" PRIMARY KEY,
    customer_id         text COLLATE "C" REFERENCES customer (id),
    url                 text        NOT NULL,
    kinds               text[]      NOT NULL,
    description         text        NOT NULL,
    enabled             boolean     NOT NULL,
    disabled_reason     text,
    secret              text        NOT NULL,
    previous_secret     text,
    previous_expires_at timestamptz,
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL
);

CREATE INDEX webhook_endpoint_customer ON webhook_endpoint (customer_id, id);
