-- How often a row was claimed since it was last settled; if more than twice, somebody may have died of it.
ALTER TABLE inbox ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
CREATE INDEX inbox_suspect ON inbox (lane, run_at) WHERE state = 'ready' AND begun > 1;
CREATE INDEX outbox_suspect ON outbox (lane, run_at) WHERE state = 'ready' AND begun > 1;
CREATE INDEX inbox_suspect_in_hand ON inbox (lane) WHERE state = 'leased' AND begun > 2;
CREATE INDEX outbox_suspect_in_hand ON outbox (lane) WHERE state = 'leased' AND begun > 2;
