-- The first statement of one transaction an event. A duplicate inserts nothing; one in flight elsewhere is waited for.
INSERT INTO events (event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
