-- The same in one function: one round trip, and the row of a hot customer is locked for the commit alone, not for the way to the client.
-- Answers 0 for a duplicate, 1 for a debit, 2 when the balance does not cover it.
CREATE FUNCTION debit_event(
    new_id uuid, account integer, model smallint, input integer, output integer, price bigint, happened bigint)
    RETURNS smallint
    LANGUAGE plpgsql
AS
$$
BEGIN
    INSERT INTO events (event_id, account_id, model_id, input_tokens, output_tokens, amount, at_micros)
    VALUES (new_id, account, model, input, output, price, happened)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE accounts SET balance = balance - price WHERE account_id = account AND balance >= price;
    IF FOUND THEN
        RETURN 1;
    END IF;
    -- Cheaper than a savepoint for every event: an exception block would start a subtransaction.
    DELETE FROM events WHERE event_id = new_id;
    RETURN 2;
END
$$;
