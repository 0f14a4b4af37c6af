-- A person, a lead, its messages and a reminder for each number. The same text serves both databases.
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {leads})
    SELECT i FROM n;
CREATE TEMP TABLE word (k INTEGER PRIMARY KEY, w TEXT NOT NULL);
INSERT INTO word VALUES {words};
CREATE TEMP TABLE person AS SELECT n.i AS i, 1760000000000000 + n.i * 1000000 AS t, a.w || ' ' || b.w AS name,
    'order ZX' || n.i || ' a ' || c.w || ' for the kitchen, please call me back about the price' AS said
    FROM n JOIN word a ON a.k = n.i % {of} JOIN word b ON b.k = (n.i / 7) % {of} JOIN word c ON c.k = (n.i / 3) % {of};
INSERT INTO contact (id, name, search, created_at, active_at, language, manager_id, first_touch, last_touch, version)
    SELECT i, name, lower(name), t, t, 'en', i % {managers} + 1, '{}', '{}', 1 FROM person;
INSERT INTO contact_point (contact_id, kind, value, raw)
    SELECT i, 'phone', '+3706' || ({phones} + i), '8 6' || ({phones} + i) FROM n;
INSERT INTO contact_point (contact_id, kind, value, raw)
    SELECT i, 'email', 'client' || i || '@example.com', 'client' || i || '@example.com' FROM n;
INSERT INTO link (contact_id, "by", at, value, others) SELECT i, 'phone', t, '+3706' || ({phones} + i), '[]' FROM person;
INSERT INTO conversation (id, contact_id, source_id, channel, conv, thread, created_at, last_in_at)
    SELECT i, i, 1, 'web_form', 'c' || i, '', t, t FROM person;
INSERT INTO lead (id, contact_id, source_id, channel, state, opened_at, manager_id, routed, attribution, via,
                  assigned_at, unanswered_since, last_in_at, closed_at, close_reason, version)
    SELECT i, i, 1, 'web_form', CASE WHEN i % {share} = 0 THEN 'active' ELSE 'won' END, t, i % {managers} + 1, '{}',
           '{}', i, t, CASE WHEN i % (2 * {share}) = 0 THEN t END, t, CASE WHEN i % {share} = 0 THEN NULL ELSE t END,
           '', 3 FROM person;
INSERT INTO message (lead_id, direction, at, state, conversation_id, text, search, spans, attachments, fields,
                     external_id, error, error_detail, former, reaction, version)
    SELECT i, 'in', t, 'received', i, said, lower(said), '[]', '[]', '{}', '', '', '', '[]', '', 1 FROM person;
INSERT INTO message (lead_id, direction, at, state, conversation_id, manager_id, text, search, spans, attachments, fields,
                     external_id, error, error_detail, former, reaction, version)
    SELECT i, 'out', t + 60000000, 'sent', i, i % {managers} + 1, 'Good afternoon, we have it, it is ready on Monday.',
           'good afternoon, we have it, it is ready on monday.', '[]', '[]', '{}', '', '', '', '[]', '', 1 FROM person;
INSERT INTO desk_thread (lead_id, chat_id, topic_id, card_id, active)
    SELECT i, 501 + i % {managers}, i, i + 1, 1 FROM n;
INSERT INTO reminder (lead_id, kind, due_at, state, text, created_at, late)
    SELECT i, 'manual', 4000000000000000 + i, 'waiting', 'call back', t, 0 FROM person;
DROP TABLE person;
DROP TABLE word;
DROP TABLE n
