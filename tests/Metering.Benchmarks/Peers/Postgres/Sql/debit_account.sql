-- The second: guarded, so that no read of the balance is needed before. It comes last because it locks the customer's row until the commit
-- is on the disk.
UPDATE accounts
SET balance = balance - $2
WHERE account_id = $1 AND balance >= $2
