-- Consents as they were given and withdrawn, what people asked for, who looked at what, and how far retention has come.

-- Evidence: never changed. text_digest is SM3 of the very text that was shown. The guardian's name is sealed.
CREATE TABLE privacy.consent (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site              text    NOT NULL,
    subject           text    NOT NULL,
    purpose           text    NOT NULL,
    version           int     NOT NULL,
    text_digest       text    NOT NULL,
    given             boolean NOT NULL,
    at_ms             bigint  NOT NULL,
    channel           text    NOT NULL,
    actor             text    NOT NULL,
    guardian_sealed   text,
    guardian_relation text
);
CREATE INDEX consent_newest ON privacy.consent (site, subject, purpose, id DESC);

CREATE FUNCTION privacy.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consents are never changed';
END $$;
CREATE TRIGGER consent_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON privacy.consent
    EXECUTE FUNCTION privacy.keep();

-- What is to be corrected, and why something was refused, is about the person: sealed with their key.
CREATE TABLE privacy.request (
    id            text   PRIMARY KEY,
    site          text   NOT NULL,
    subject       text   NOT NULL,
    kind          text   NOT NULL CHECK (kind IN ('access', 'correction', 'erasure')),
    state         text   NOT NULL CHECK (state IN ('open', 'done', 'refused', 'withdrawn')),
    channel       text   NOT NULL,
    field         text,
    text_sealed   text,
    made_ms       bigint NOT NULL,
    due_ms        bigint NOT NULL,
    decided_ms    bigint,
    decided_by    text,
    reason_sealed text
);
CREATE INDEX request_open ON privacy.request (site, due_ms) WHERE state = 'open';
CREATE INDEX request_subject ON privacy.request (site, subject, made_ms);
CREATE UNIQUE INDEX request_once ON privacy.request (site, subject, kind) WHERE state = 'open';

CREATE TABLE privacy.reveal (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site    text   NOT NULL,
    actor   text   NOT NULL,
    at_ms   bigint NOT NULL
);
CREATE INDEX reveal_actor ON privacy.reveal (site, actor, at_ms);

CREATE TABLE privacy.sweep (
    site      text   NOT NULL,
    field     text   NOT NULL,
    swept_ms  bigint NOT NULL DEFAULT 0,
    erased    bigint NOT NULL DEFAULT 0,
    ran_ms    bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site, field)
);
