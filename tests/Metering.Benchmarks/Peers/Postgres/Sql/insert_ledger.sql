INSERT INTO ledger (event_id, account_id, amount, balance_before, balance_after)
VALUES ($1, $2, $3, $4, $5)
