-- Alerts that somebody was told of: by a webhook that was taken, or a mail. By the id of their event in the outbox, which follows from
-- their place in the journal, so a rebuild of the alerts loses none of it; and the outbox forgets what it delivered after a while.
CREATE TABLE alert_notice (
    event_id  text COLLATE "C" PRIMARY KEY,
    partition int NOT NULL
);
