-- Who waits without having been asked. A stranger of the open lobby is an invitation nobody made: its hash is empty, so
-- that it is no user of the broker.
alter table invitation
    add column address text,
    add column knocks integer not null default 0,
    add column dismissed_ms bigint;

-- What was heard of and led nowhere, and could be let in: a device nobody registered, a foreign address nobody bound, a
-- device for which its gateway has no grant, one that says it is of another kind. body: as in twin/unasked.py.
create table unasked (
    site text not null,
    id text not null,
    body jsonb not null,
    first_ms bigint not null,
    last_ms bigint not null,
    times bigint not null,
    dismissed_ms bigint,
    primary key (site, id)
);
