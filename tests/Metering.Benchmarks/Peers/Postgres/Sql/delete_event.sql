-- An event the balance does not cover is not kept: the sender may send it again after a top-up.
DELETE FROM events WHERE event_id = $1
