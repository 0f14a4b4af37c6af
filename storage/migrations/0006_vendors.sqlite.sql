-- Why a source stands still until somebody mends its access; empty while it works.
ALTER TABLE source ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
-- When the vendor was asked who this is, and the picture that it gave, by the hash of its content.
ALTER TABLE identity ADD COLUMN profile_at BIGINT;
ALTER TABLE identity ADD COLUMN avatar TEXT NOT NULL DEFAULT '';
CREATE INDEX identity_unasked ON identity (source_id, id) WHERE profile_at IS NULL;
-- Which content a vendor's reference turned out to be: its link may be dead when it is wanted again.
CREATE TABLE file (
    source_id BIGINT NOT NULL,
    ref TEXT NOT NULL,
    blob TEXT NOT NULL,
    kept_at BIGINT NOT NULL,
    PRIMARY KEY (source_id, ref)
);
CREATE INDEX file_kept_at ON file (kept_at);
