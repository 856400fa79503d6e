-- A page of the queue by its key; the consumer is one, so nothing is locked or skipped.
SELECT position, event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros
FROM queue
WHERE position > $1
ORDER BY position
LIMIT 500
