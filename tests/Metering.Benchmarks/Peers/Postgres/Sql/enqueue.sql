-- Ingestion is no weak side of this shape: many requests share one statement and one commit.
INSERT INTO queue (event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros)
SELECT * FROM unnest($1::uuid[], $2::integer[], $3::smallint[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[])
