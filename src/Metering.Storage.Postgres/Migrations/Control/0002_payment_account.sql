-- Who a customer is at the payment gateway. A table of its own: no path of events reads it, so writing it raises no version.
CREATE TABLE payment_account (
    customer_id          text COLLATE "C" PRIMARY KEY REFERENCES customer (id),
    external_customer_id text COLLATE "C" NOT NULL UNIQUE,
    added_at             timestamptz NOT NULL DEFAULT now()
);
