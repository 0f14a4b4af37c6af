-- Moments are microseconds since 1970. Text is packed as storage/codec.py says.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE source (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL,
    previous TEXT,
    previous_until BIGINT,
    created_at BIGINT NOT NULL,
    removed_at BIGINT
);

CREATE TABLE poll_cursor (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE conv (key TEXT PRIMARY KEY, last_seq BIGINT NOT NULL);

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id BIGINT NOT NULL REFERENCES source (id),
    received_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    headers TEXT NOT NULL,
    query TEXT NOT NULL,
    body BLOB NOT NULL,
    peer TEXT NOT NULL
);
CREATE INDEX delivery_received ON delivery (received_at);

CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL CHECK (lane IN ('customers', 'desk')),
    origin TEXT NOT NULL,
    event_id TEXT,
    source_id BIGINT REFERENCES source (id),
    delivery_id BIGINT REFERENCES delivery (id) ON DELETE SET NULL,
    conv_key TEXT NOT NULL,
    conv_seq BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'dead', 'cancelled')),
    run_at BIGINT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    lease_until BIGINT,
    lease_owner TEXT,
    reason TEXT NOT NULL DEFAULT '',
    payload TEXT NOT NULL,
    raw BLOB,
    stored_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (origin, event_id)
);
CREATE INDEX inbox_ready ON inbox (lane, id) WHERE state = 'ready';
CREATE INDEX inbox_leased ON inbox (lease_until) WHERE state = 'leased';
CREATE INDEX inbox_dead ON inbox (lane, id) WHERE state = 'dead';
CREATE UNIQUE INDEX inbox_unfinished ON inbox (conv_key, conv_seq) WHERE state IN ('ready', 'leased');
CREATE INDEX inbox_delivery ON inbox (delivery_id);

CREATE TABLE seen (
    source_id BIGINT NOT NULL REFERENCES source (id),
    key TEXT NOT NULL,
    until BIGINT NOT NULL,
    inbox_id BIGINT NOT NULL,
    PRIMARY KEY (source_id, key)
);
CREATE INDEX seen_until ON seen (until);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lane TEXT NOT NULL CHECK (lane IN ('customers', 'managers')),
    cause TEXT,
    n INTEGER NOT NULL,
    conv_key TEXT NOT NULL,
    conv_seq BIGINT NOT NULL,
    priority INTEGER NOT NULL,
    coalesce_key TEXT,
    chat_id BIGINT,
    lead_id BIGINT,
    source_id BIGINT,
    message_id BIGINT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'leased', 'done', 'dead', 'cancelled')),
    run_at BIGINT NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    lease_until BIGINT,
    lease_owner TEXT,
    reason TEXT NOT NULL DEFAULT '',
    payload TEXT NOT NULL,
    stored_at BIGINT NOT NULL,
    ended_at BIGINT,
    UNIQUE (cause, n)
);
CREATE INDEX outbox_ready ON outbox (lane, priority, id) WHERE state = 'ready';
CREATE INDEX outbox_leased ON outbox (lease_until) WHERE state = 'leased';
CREATE INDEX outbox_dead ON outbox (lane, chat_id) WHERE state = 'dead';
CREATE UNIQUE INDEX outbox_unfinished ON outbox (conv_key, conv_seq) WHERE state IN ('ready', 'leased');
CREATE UNIQUE INDEX outbox_coalesce ON outbox (coalesce_key) WHERE state = 'ready';
CREATE INDEX outbox_message ON outbox (message_id);

CREATE TABLE manager (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    telegram_id BIGINT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    team TEXT NOT NULL,
    language TEXT NOT NULL,
    zone TEXT NOT NULL,
    on_shift SMALLINT NOT NULL,
    active SMALLINT NOT NULL,
    last_lead_at BIGINT,
    unreachable_since BIGINT
);

CREATE TABLE invite (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_by BIGINT REFERENCES manager (id),
    used_by BIGINT REFERENCES manager (id)
);

CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    language TEXT NOT NULL,
    manager_id BIGINT REFERENCES manager (id),
    first_touch TEXT NOT NULL,
    last_touch TEXT NOT NULL,
    version INTEGER NOT NULL
);

CREATE TABLE contact_point (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id BIGINT NOT NULL REFERENCES contact (id),
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    raw TEXT NOT NULL,
    UNIQUE (contact_id, kind, value)
);
CREATE INDEX contact_point_value ON contact_point (kind, value);

CREATE TABLE identity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id BIGINT NOT NULL REFERENCES contact (id),
    channel TEXT NOT NULL,
    source_id BIGINT NOT NULL REFERENCES source (id),
    external_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    username TEXT NOT NULL,
    search TEXT NOT NULL,
    blocked_at BIGINT,
    UNIQUE (channel, source_id, external_id)
);
CREATE INDEX identity_contact ON identity (contact_id);

CREATE TABLE link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id BIGINT NOT NULL REFERENCES contact (id),
    "by" TEXT NOT NULL,
    at BIGINT NOT NULL,
    identity_id BIGINT REFERENCES identity (id),
    value TEXT NOT NULL,
    others TEXT NOT NULL
);
CREATE INDEX link_contact ON link (contact_id);

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id BIGINT NOT NULL REFERENCES contact (id),
    source_id BIGINT NOT NULL REFERENCES source (id),
    channel TEXT NOT NULL,
    conv TEXT NOT NULL,
    thread TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    identity_id BIGINT REFERENCES identity (id),
    last_in_at BIGINT,
    UNIQUE (source_id, conv)
);
CREATE INDEX conversation_contact ON conversation (contact_id);

CREATE TABLE lead (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    contact_id BIGINT NOT NULL REFERENCES contact (id),
    source_id BIGINT NOT NULL REFERENCES source (id),
    channel TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'assigned', 'active', 'won', 'lost', 'spam')),
    opened_at BIGINT NOT NULL,
    manager_id BIGINT REFERENCES manager (id),
    routed TEXT NOT NULL,
    attribution TEXT NOT NULL,
    via BIGINT REFERENCES conversation (id),
    assigned_at BIGINT,
    answered_at BIGINT,
    unanswered_since BIGINT,
    last_in_at BIGINT,
    closed_at BIGINT,
    close_reason TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE UNIQUE INDEX lead_open ON lead (contact_id) WHERE state IN ('waiting', 'assigned', 'active');
CREATE INDEX lead_contact ON lead (contact_id, closed_at);
CREATE INDEX lead_waiting ON lead (opened_at) WHERE state = 'waiting';
CREATE INDEX lead_manager ON lead (manager_id) WHERE state IN ('waiting', 'assigned', 'active');

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead_id BIGINT NOT NULL REFERENCES lead (id),
    direction TEXT NOT NULL,
    at BIGINT NOT NULL,
    state TEXT NOT NULL,
    conversation_id BIGINT REFERENCES conversation (id),
    manager_id BIGINT REFERENCES manager (id),
    text TEXT NOT NULL,
    search TEXT NOT NULL,
    spans TEXT NOT NULL,
    attachments TEXT NOT NULL,
    fields TEXT NOT NULL,
    external_id TEXT NOT NULL,
    reply_to_id BIGINT REFERENCES message (id),
    error TEXT NOT NULL,
    error_detail TEXT NOT NULL,
    former TEXT NOT NULL,
    edited_at BIGINT,
    deleted_at BIGINT,
    reaction TEXT NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX message_lead ON message (lead_id, id);
CREATE INDEX message_external ON message (conversation_id, external_id) WHERE external_id <> '';

CREATE TABLE desk_thread (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead_id BIGINT NOT NULL REFERENCES lead (id),
    chat_id BIGINT NOT NULL,
    topic_id BIGINT,
    card_id BIGINT,
    active SMALLINT NOT NULL
);
CREATE UNIQUE INDEX desk_thread_active ON desk_thread (lead_id, chat_id) WHERE active = 1;
CREATE INDEX desk_thread_topic ON desk_thread (chat_id, topic_id);

CREATE TABLE desk_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chat_id BIGINT NOT NULL,
    desk_id BIGINT NOT NULL,
    lead_id BIGINT NOT NULL REFERENCES lead (id),
    "use" TEXT NOT NULL,
    message_id BIGINT REFERENCES message (id),
    topic_id BIGINT,
    UNIQUE (chat_id, desk_id)
);
CREATE INDEX desk_message_message ON desk_message (message_id);

CREATE TABLE reminder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead_id BIGINT NOT NULL REFERENCES lead (id),
    kind TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'fired', 'done', 'cancelled')),
    manager_id BIGINT REFERENCES manager (id),
    text TEXT NOT NULL,
    created_at BIGINT,
    fired_at BIGINT,
    late SMALLINT NOT NULL
);
CREATE INDEX reminder_due ON reminder (due_at) WHERE state = 'waiting';
CREATE INDEX reminder_lead ON reminder (lead_id);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    lead_id BIGINT,
    manager_id BIGINT,
    inbox_id BIGINT,
    data TEXT NOT NULL
);
CREATE INDEX journal_lead ON journal (lead_id, id);
