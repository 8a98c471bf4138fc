-- What every module needs: the keys of sealed personal data, and the messages that wait to leave the house.

-- wrapped NULL: the subject was erased; the row stays, so that nobody seals for it again.
CREATE TABLE kernel.subject_key (
    site    text NOT NULL,
    subject text NOT NULL,
    wrapped bytea,
    PRIMARY KEY (site, subject)
);

CREATE TABLE kernel.vault_fingerprint (
    site        text PRIMARY KEY,
    fingerprint bytea NOT NULL
);

CREATE TABLE kernel.outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site       text   NOT NULL,
    topic      text   NOT NULL,
    body       jsonb  NOT NULL,
    created_ms bigint NOT NULL,
    sent_ms    bigint
);
CREATE INDEX outbox_waiting ON kernel.outbox (site, id) WHERE sent_ms IS NULL;
