-- Who does what only one may do: ticks, a bot's or a source's sends. Real time, microseconds since 1970.
CREATE TABLE lease (name TEXT PRIMARY KEY, owner TEXT NOT NULL, until BIGINT NOT NULL);
