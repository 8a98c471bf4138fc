-- People, their sessions, paired browsers, and the failed attempts of the last minutes.

CREATE TABLE accounts.person (
    id            text PRIMARY KEY,
    site          text   NOT NULL,
    login         text   NOT NULL,
    password_hash text   NOT NULL,
    roles         text[] NOT NULL,
    name_sealed   text   NOT NULL,
    phone_sealed  text,
    created_ms    bigint NOT NULL,
    disabled_ms   bigint,
    UNIQUE (site, login)
);

-- Only the hash of a token is kept: who reads this table can not log in with it.
CREATE TABLE accounts.session (
    id           text PRIMARY KEY,
    site         text   NOT NULL,
    person_id    text   NOT NULL REFERENCES accounts.person (id) ON DELETE CASCADE,
    token_hash   bytea  NOT NULL UNIQUE,
    created_ms   bigint NOT NULL,
    last_used_ms bigint NOT NULL,
    expires_ms   bigint NOT NULL
);
CREATE INDEX session_person ON accounts.session (person_id);
CREATE INDEX session_expires ON accounts.session (expires_ms);

-- A pairing begins with a code and, once claimed, lives by its token until it is revoked.
CREATE TABLE accounts.pairing (
    id              text PRIMARY KEY,
    site            text   NOT NULL,
    role            text   NOT NULL,
    place           text,
    name            text   NOT NULL,
    code_hash       bytea  UNIQUE,
    code_expires_ms bigint NOT NULL,
    token_hash      bytea  UNIQUE,
    created_by      text   NOT NULL,
    created_ms      bigint NOT NULL,
    claimed_ms      bigint,
    revoked_ms      bigint
);

-- key is a keyed hash of what was tried from where: no login names, no addresses.
CREATE TABLE accounts.attempt (
    id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site  text   NOT NULL,
    key   text   NOT NULL,
    at_ms bigint NOT NULL
);
CREATE INDEX attempt_key ON accounts.attempt (site, key, at_ms);
