-- The ledger wants the balance before and after, so this shape reads first and locks what it read.
SELECT balance FROM accounts WHERE account_id = $1 FOR NO KEY UPDATE
