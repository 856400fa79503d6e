-- The rare way of the batched peer: customers whose balance runs out within a batch. One call, one transaction, each event decided in the
-- order it came; answers what debit_event answers, an element an event.
CREATE FUNCTION debit_in_order(
    ids uuid[], accounts integer[], models smallint[], inputs integer[], outputs integer[], amounts bigint[], times bigint[])
    RETURNS smallint[]
    LANGUAGE plpgsql
AS
$$
DECLARE
    answers smallint[] := '{}';
BEGIN
    FOR i IN 1..cardinality(ids) LOOP
        answers := answers || debit_event(ids[i], accounts[i], models[i], inputs[i], outputs[i], amounts[i], times[i]);
    END LOOP;
    RETURN answers;
END
$$;
