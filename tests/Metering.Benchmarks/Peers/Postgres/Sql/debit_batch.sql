-- One statement for the events of many requests: one round trip, one commit.
--   $1..$7  the events, a column an array: unnest is close to COPY in speed, and unlike COPY it takes ON CONFLICT and RETURNING
--   $8, $9  each account that occurs, once, with the sum of its events: grouped by the client, whose CPU is cheaper
-- Accounts are locked in their order and events inserted in theirs, so two such statements never wait for each other in a ring. An account
-- whose balance may not cover all of its events is left alone and returned; debit_in_order.sql decides those one by one.
WITH locked AS MATERIALIZED (
    SELECT a.account_id, a.balance >= w.total AS covers
    FROM unnest($8::integer[], $9::bigint[]) AS w (account_id, total)
    JOIN accounts a ON a.account_id = w.account_id
    ORDER BY a.account_id
    FOR NO KEY UPDATE OF a
),
uncovered AS MATERIALIZED (
    SELECT account_id FROM locked WHERE NOT covers
),
inserted AS (
    INSERT INTO events (event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros)
    SELECT e.event_id, e.account_id, e.model_id, e.input_tokens, e.output_tokens, e.amount, e.at_micros
    FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[])
        AS e (event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros)
    WHERE NOT EXISTS (SELECT FROM uncovered u WHERE u.account_id = e.account_id)
    ORDER BY e.event_id
    ON CONFLICT DO NOTHING
    RETURNING account_id, amount
),
totals AS (
    SELECT account_id, sum(amount)::bigint AS total FROM inserted GROUP BY account_id
),
debited AS (
    UPDATE accounts a
    SET balance = a.balance - t.total
    FROM totals t
    WHERE a.account_id = t.account_id AND a.balance >= t.total
    RETURNING a.account_id
)
SELECT (SELECT array_agg(account_id) FROM uncovered)                              AS uncovered,
       (SELECT count(*) FROM totals) - (SELECT count(*) FROM debited)             AS not_debited
