-- Programs of third parties: what may be read with one token, until it expires or is revoked. Only its hash is kept.

CREATE TABLE accounts.token (
    id           text PRIMARY KEY,
    site         text   NOT NULL,
    name         text   NOT NULL,
    token_hash   bytea  NOT NULL UNIQUE,
    created_by   text   NOT NULL,
    created_ms   bigint NOT NULL,
    expires_ms   bigint NOT NULL,
    last_used_ms bigint,
    revoked_ms   bigint
);
CREATE INDEX token_site ON accounts.token (site, created_ms);
