-- The words that a lead is found by, see storage/words.py. No foreign key: looking each up would cost more than all
-- else here. What was stored before is gone through from the newest lead down, as meta tells.
CREATE TABLE lead_word (
    lead_id BIGINT NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (lead_id, word)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02);
CREATE INDEX lead_word_word ON lead_word (word, lead_id);
INSERT INTO meta (name, value) SELECT 'wordless', CAST(id AS TEXT) FROM lead ORDER BY id DESC LIMIT 1;
ALTER TABLE contact DROP COLUMN search;
ALTER TABLE identity DROP COLUMN search;
ALTER TABLE message DROP COLUMN search;
