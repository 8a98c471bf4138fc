-- People of all kinds, the organisation they work in, what a house adds to the roles, and who asks to be let in.

-- kind: staff, citizen or enterprise. *_match: blind indexes, by which equal values are found, never read.
-- onetime_until_ms: the password was made by somebody else, works until then, and must be changed first.
ALTER TABLE accounts.person
    ADD COLUMN kind             text NOT NULL DEFAULT 'staff',
    ADD COLUMN id_sealed        text,
    ADD COLUMN name_match       text,
    ADD COLUMN phone_match      text,
    ADD COLUMN id_match         text,
    ADD COLUMN onetime_until_ms bigint;
CREATE UNIQUE INDEX person_id_match ON accounts.person (site, id_match) WHERE id_match IS NOT NULL;
CREATE INDEX person_name_match ON accounts.person (site, name_match);
CREATE INDEX person_phone_match ON accounts.person (site, phone_match);
CREATE INDEX person_roles ON accounts.person USING gin (roles);

-- A house's own roles: named sets of permissions that modules declared.
CREATE TABLE accounts.role (
    site        text   NOT NULL,
    key         text   NOT NULL,
    name        jsonb  NOT NULL,
    permissions text[] NOT NULL,
    created_ms  bigint NOT NULL,
    retired_ms  bigint,
    PRIMARY KEY (site, key)
);

-- A tree of any depth; parent_id NULL: at the top. A retired unit stays, because what it was is history.
CREATE TABLE accounts.unit (
    id          text PRIMARY KEY,
    site        text   NOT NULL,
    parent_id   text   REFERENCES accounts.unit (id),
    name        jsonb  NOT NULL,
    created_ms  bigint NOT NULL,
    retired_ms  bigint,
    merged_into text   REFERENCES accounts.unit (id),
    CHECK (parent_id <> id)
);
CREATE INDEX unit_parent ON accounts.unit (parent_id);
CREATE INDEX unit_site ON accounts.unit (site) WHERE retired_ms IS NULL;
CREATE UNIQUE INDEX unit_name ON accounts.unit (site, coalesce(parent_id, ''), (name ->> 'zh')) WHERE retired_ms IS NULL;

CREATE TABLE accounts.post (
    id         text PRIMARY KEY,
    site       text   NOT NULL,
    unit_id    text   NOT NULL REFERENCES accounts.unit (id),
    name       jsonb  NOT NULL,
    created_ms bigint NOT NULL,
    retired_ms bigint
);
CREATE UNIQUE INDEX post_name ON accounts.post (unit_id, (name ->> 'zh')) WHERE retired_ms IS NULL;

-- Who held which post, from when until when; until_ms NULL: still.
CREATE TABLE accounts.holding (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site      text   NOT NULL,
    person_id text   NOT NULL REFERENCES accounts.person (id),
    post_id   text   NOT NULL REFERENCES accounts.post (id),
    from_ms   bigint NOT NULL,
    until_ms  bigint
);
CREATE UNIQUE INDEX holding_once ON accounts.holding (person_id, post_id) WHERE until_ms IS NULL;
CREATE INDEX holding_post ON accounts.holding (post_id) WHERE until_ms IS NULL;

-- Who manages a unit and all below it.
CREATE TABLE accounts.delegation (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site      text   NOT NULL,
    person_id text   NOT NULL REFERENCES accounts.person (id),
    unit_id   text   NOT NULL REFERENCES accounts.unit (id),
    from_ms   bigint NOT NULL,
    until_ms  bigint
);
CREATE UNIQUE INDEX delegation_once ON accounts.delegation (person_id, unit_id) WHERE until_ms IS NULL;
CREATE INDEX delegation_unit ON accounts.delegation (unit_id) WHERE until_ms IS NULL;

-- 代办: who acts for which enterprise until it is revoked.
CREATE TABLE accounts.agency (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site          text   NOT NULL,
    enterprise_id text   NOT NULL REFERENCES accounts.person (id),
    agent_id      text   NOT NULL REFERENCES accounts.person (id),
    from_ms       bigint NOT NULL,
    until_ms      bigint,
    CHECK (enterprise_id <> agent_id)
);
CREATE UNIQUE INDEX agency_once ON accounts.agency (enterprise_id, agent_id) WHERE until_ms IS NULL;
CREATE INDEX agency_agent ON accounts.agency (agent_id) WHERE until_ms IS NULL;

-- Who asks for an account and was not answered yet. The login is not unique here: whether it is taken is never told.
CREATE TABLE accounts.registration (
    id            text PRIMARY KEY,
    site          text   NOT NULL,
    kind          text   NOT NULL,
    login         text   NOT NULL,
    password_hash text   NOT NULL,
    name_sealed   text   NOT NULL,
    phone_sealed  text,
    id_sealed     text,
    name_match    text,
    phone_match   text,
    id_match      text,
    asked_ms      bigint NOT NULL
);
CREATE INDEX registration_asked ON accounts.registration (site, asked_ms);

-- What a hall decides for itself.
CREATE TABLE accounts.setting (
    site  text  NOT NULL,
    key   text  NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (site, key)
);
