-- Who may speak, for whom, under which name, and who waits to be let in. One database may hold several sites.

alter table device drop constraint device_key_key, add unique (site, key);
alter table credential drop constraint credential_pkey, add primary key (site, username);
alter table cursor add column site text;
update cursor set site = (select d.site from device d where d.key = cursor.device);
delete from cursor where site is null;
alter table cursor alter column site set not null, drop constraint cursor_pkey, add primary key (site, device);

-- The gateway's user speaks for this device too.
create table gateway_grant (
    site text not null,
    gateway text not null,
    device text not null,
    granted_ms bigint not null,
    granted_by text not null,
    primary key (site, gateway, device)
);

-- The name under which a device speaks another convention than ours; points: foreign name -> our point.
create table binding (
    site text not null,
    device text not null,
    convention text not null,
    address text not null,
    points jsonb not null default '{}',
    primary key (site, device, convention),
    unique (site, convention, address)
);

-- A code with which one unknown device may knock, once, until it expires. hash: as in credential. said: what it told.
create table invitation (
    site text not null,
    username text not null,
    hash text not null,
    note text not null,
    created_ms bigint not null,
    created_by text not null,
    expires_ms bigint not null,
    said jsonb,
    knocked_ms bigint,
    device text,
    primary key (site, username)
);
