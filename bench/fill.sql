-- A person, a lead, its messages and a reminder for each number. The same text serves both databases.
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {leads})
    SELECT i FROM n;
CREATE TEMP TABLE word (k INTEGER PRIMARY KEY, w TEXT NOT NULL);
INSERT INTO word VALUES {words};
CREATE TEMP TABLE person AS SELECT n.i AS i, 1760000000000000 + n.i * 1000000 AS t, a.w || ' ' || b.w AS name,
    a.w AS a, b.w AS b, c.w AS c, CAST({phones} + n.i AS TEXT) AS phone,
    'order ZX' || n.i || ' a ' || c.w || ' for the kitchen, please call me back about the price' AS said
    FROM n JOIN word a ON a.k = n.i % {of} JOIN word b ON b.k = (n.i / 7) % {of} JOIN word c ON c.k = (n.i / 3) % {of};
INSERT INTO contact (id, name, created_at, active_at, language, manager_id, first_touch, last_touch, version)
    SELECT i, name, t, t, 'en', i % {managers} + 1, '{}', '{}', 1 FROM person;
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
INSERT INTO message (lead_id, direction, at, state, conversation_id, text, spans, attachments, fields,
                     external_id, error, error_detail, former, reaction, version)
    SELECT i, 'in', t, 'received', i, said, '[]', '[]', '{}', '', '', '', '[]', '', 1 FROM person;
INSERT INTO message (lead_id, direction, at, state, conversation_id, manager_id, text, spans, attachments, fields,
                     external_id, error, error_detail, former, reaction, version)
    SELECT i, 'out', t + 60000000, 'sent', i, i % {managers} + 1, 'Good afternoon, we have it, it is ready on Monday.',
           '[]', '[]', '{}', '', '', '', '[]', '', 1 FROM person;
INSERT INTO desk_thread (lead_id, chat_id, topic_id, card_id, active)
    SELECT i, 501 + i % {managers}, i, i + 1, 1 FROM n;
INSERT INTO reminder (lead_id, kind, due_at, state, text, created_at, late)
    SELECT i, 'manual', 4000000000000000 + i, 'waiting', 'call back', t, 0 FROM person;
-- What storage/words.py makes of all this. Its index is faster made at once.
CREATE TEMP TABLE held (k INTEGER PRIMARY KEY, w TEXT);
INSERT INTO held VALUES (0, NULL), (1, NULL), (2, NULL), (3, NULL), (4, NULL), (5, NULL), (6, NULL), (7, NULL),
    (11, 'example.com'), (12, 'com'), (13, 'order'), (14, 'a'), (15, 'for'), (16, 'the'), (17, 'kitchen'),
    (18, 'please'), (19, 'call'), (20, 'me'), (21, 'back'), (22, 'about'), (23, 'price'), (24, 'good'), (25, 'afternoon'),
    (26, 'we'), (27, 'have'), (28, 'it'), (29, 'is'), (30, 'ready'), (31, 'on'), (32, 'monday');
DROP INDEX lead_word_word;
INSERT INTO lead_word (lead_id, word)
    SELECT i, CASE k WHEN 0 THEN a WHEN 1 THEN b WHEN 2 THEN c WHEN 3 THEN 'zx' || i WHEN 4 THEN '3706' || phone
                     WHEN 5 THEN '6' || phone WHEN 6 THEN 'client' || i || '@example.com'
                     WHEN 7 THEN '~' || substr(phone, 7, 1) || substr(phone, 6, 1) || substr(phone, 5, 1)
                                 || substr(phone, 4, 1) || substr(phone, 3, 1) || substr(phone, 2, 1)
                                 || substr(phone, 1, 1) || '6073' ELSE w END
    FROM person CROSS JOIN held WHERE true ON CONFLICT DO NOTHING;
CREATE INDEX lead_word_word ON lead_word (word, lead_id);
DROP TABLE held;
DROP TABLE person;
DROP TABLE word;
DROP TABLE n
