-- Signing in: second factors, one-time challenges, browsers known from before, and where a session is used.

-- factor: which second factor was shown, and when; NULL: none. place_sealed: address and browser it was begun from.
-- pairing_id: the kiosk it belongs to, elsewhere it is nobody.
ALTER TABLE accounts.session
    ADD COLUMN idle_s       integer NOT NULL DEFAULT 900,
    ADD COLUMN factor       text,
    ADD COLUMN factor_ms    bigint,
    ADD COLUMN place_sealed text,
    ADD COLUMN pairing_id   text REFERENCES accounts.pairing (id) ON DELETE CASCADE;

-- Sessions began before there were factors: they end, whoever needs one shows it at the next login.
DELETE FROM accounts.session;

-- A one-time code (secret_sealed, last_step) or a passkey (credential_id, public_key, sign_count, rp_id).
-- confirmed_ms NULL: asked for, not shown yet.
CREATE TABLE accounts.factor (
    id            text PRIMARY KEY,
    site          text   NOT NULL,
    person_id     text   NOT NULL REFERENCES accounts.person (id) ON DELETE CASCADE,
    kind          text   NOT NULL,
    name          text   NOT NULL,
    secret_sealed text,
    last_step     bigint NOT NULL DEFAULT 0,
    credential_id bytea,
    public_key    bytea,
    sign_count    bigint NOT NULL DEFAULT 0,
    rp_id         text,
    created_ms    bigint NOT NULL,
    confirmed_ms  bigint,
    last_used_ms  bigint,
    UNIQUE (site, credential_id)
);
CREATE INDEX factor_person ON accounts.factor (person_id);

CREATE TABLE accounts.recovery_code (
    code_hash bytea PRIMARY KEY,
    site      text  NOT NULL,
    person_id text  NOT NULL REFERENCES accounts.person (id) ON DELETE CASCADE
);
CREATE INDEX recovery_code_person ON accounts.recovery_code (person_id);

-- What the server asked and is to be answered once: passkeys, outside identity providers, QR and kiosk codes.
-- Known by the hash of the secret half that the asker holds; body never holds a secret that is enough by itself.
CREATE TABLE accounts.challenge (
    secret_hash bytea PRIMARY KEY,
    site        text   NOT NULL,
    purpose     text   NOT NULL,
    person_id   text   REFERENCES accounts.person (id) ON DELETE CASCADE,
    body        jsonb  NOT NULL,
    expires_ms  bigint NOT NULL
);
CREATE INDEX challenge_expires ON accounts.challenge (site, expires_ms);

-- A page that asks to be signed in by a phone: browser_hash is held by the page, scan_hash is in its QR code.
CREATE TABLE accounts.qr_request (
    scan_hash    bytea PRIMARY KEY,
    browser_hash bytea  NOT NULL UNIQUE,
    site         text   NOT NULL,
    pairing_id   text   REFERENCES accounts.pairing (id) ON DELETE CASCADE,
    address      text   NOT NULL,
    browser      text   NOT NULL,
    created_ms   bigint NOT NULL,
    expires_ms   bigint NOT NULL,
    state        text   NOT NULL DEFAULT 'waiting',
    person_id    text   REFERENCES accounts.person (id) ON DELETE CASCADE,
    factor       text,
    factor_ms    bigint
);
CREATE INDEX qr_request_expires ON accounts.qr_request (site, expires_ms);

-- A browser that this person signed in with before: a flood of wrong passwords does not lock it out.
CREATE TABLE accounts.known_browser (
    token_hash bytea  PRIMARY KEY,
    site       text   NOT NULL,
    person_id  text   NOT NULL REFERENCES accounts.person (id) ON DELETE CASCADE,
    expires_ms bigint NOT NULL
);
CREATE INDEX known_browser_person ON accounts.known_browser (person_id);

-- Who somebody is elsewhere, as a keyed hash of issuer and subject.
CREATE TABLE accounts.outside_identity (
    identity_key text PRIMARY KEY,
    site         text   NOT NULL,
    person_id    text   NOT NULL REFERENCES accounts.person (id) ON DELETE CASCADE,
    created_ms   bigint NOT NULL
);
CREATE INDEX outside_identity_person ON accounts.outside_identity (person_id);

-- What a program may do with its token: those made before could read the hall's data.
ALTER TABLE accounts.token ADD COLUMN scopes text[] NOT NULL DEFAULT '{data.read}';
