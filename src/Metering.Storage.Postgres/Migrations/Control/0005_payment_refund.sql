-- Refunds of charges: up to which amount they have been acted on, and up to which somebody is at it.
CREATE TABLE payment_refund (
    external_charge_id text COLLATE "C" PRIMARY KEY,
    done               numeric NOT NULL DEFAULT 0,
    claimed            numeric NOT NULL CHECK (claimed >= done)
);
