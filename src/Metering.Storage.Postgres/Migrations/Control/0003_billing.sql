-- What invoices need of the directory besides plans.

-- The billing profile as JSON, as it was sent; null for one that nobody has given.
ALTER TABLE customer ADD COLUMN billing json;

-- Facts of the catalogue: a change raises directory_version.catalog, as one of a meter or plan does. Days are dates of the buyer's place.
CREATE TABLE tax_rate (
    id          text COLLATE "C" PRIMARY KEY,
    name        text          NOT NULL,
    country     text COLLATE "C" NOT NULL,
    region      text COLLATE "C" NOT NULL,
    percent     numeric(27,9) NOT NULL CHECK (percent >= 0),
    valid_from  date,
    valid_until date,
    inclusive   boolean       NOT NULL,
    compound    boolean       NOT NULL
);

CREATE TABLE coupon (
    id         text COLLATE "C" PRIMARY KEY,
    name       text NOT NULL,
    percent    numeric(27,9) CHECK (percent > 0 AND percent <= 100),
    amount_off numeric(27,9) CHECK (amount_off > 0),
    currency   text COLLATE "C",
    invoices   int CHECK (invoices > 0),
    CHECK ((percent IS NULL) <> (amount_off IS NULL) AND (amount_off IS NULL) = (currency IS NULL))
);

CREATE TABLE exchange_rate (
    currency_from text COLLATE "C" NOT NULL,
    currency_to   text COLLATE "C" NOT NULL,
    valid_from    date          NOT NULL,
    rate          numeric(27,9) NOT NULL CHECK (rate > 0),
    PRIMARY KEY (currency_from, currency_to, valid_from)
);
