-- What the twin keeps: what was measured, what is newest, what went wrong, what was asked, who is who.

create table point (
    id int generated always as identity primary key,
    entity text not null,
    name text not null,
    unique (entity, name)
);

-- One row a value. Numbers, booleans and whole numbers stand in value; words in text.
create table reading (
    ts timestamptz not null,
    point_id int not null,
    value float8,
    quality smallint not null,
    text text
) partition by range (ts);
create index reading_point_ts on reading (point_id, ts desc);
-- Holds only days that no sane clock would tell; make_day moves them out when one becomes sane.
create table reading_default partition of reading default;

create table latest (
    point_id int primary key,
    ts_ms bigint not null,
    received_ms bigint not null,
    value jsonb not null,
    quality smallint not null,
    source text not null,
    boot bigint not null,
    seq bigint not null
) with (fillfactor = 50);

-- Which sequence numbers of a device are durable: a message that comes again is known for what it is.
create table cursor (
    device text primary key,
    boot bigint not null,
    seq bigint not null,
    seen bytea not null
) with (fillfactor = 50);

-- The number of the recorder's last batch: tells whether a commit whose answer was lost took place.
create table batch (
    writer text primary key,
    n bigint not null
);

create table event (
    entity text not null,
    boot bigint not null,
    seq bigint not null,
    id text not null,
    type text not null,
    ts timestamptz not null,
    received timestamptz not null,
    data jsonb not null,
    primary key (entity, boot, seq, id)
);
create index event_ts on event (ts desc);

create table alarm (
    id text primary key,
    site text not null,
    source text not null,
    type text not null,
    state text not null,
    raised_ms bigint not null,
    body jsonb not null
);
create unique index alarm_one_open on alarm (source, type) where state <> 'closed';
create index alarm_raised on alarm (raised_ms desc);

create table command (
    id text primary key,
    site text not null,
    device text not null,
    state text not null,
    created_ms bigint not null,
    body jsonb not null
);
create index command_created on command (created_ms desc);
create index command_device on command (device, created_ms desc);

create table device (
    id text primary key,
    site text not null,
    key text not null unique,
    kind text not null,
    body jsonb not null,
    description jsonb,
    removed_ms bigint
);

create table credential (
    username text primary key,
    site text not null,
    hash text not null,
    created_ms bigint not null
);

create table building_version (
    hash text primary key,
    site text not null,
    published_ms bigint not null,
    current boolean not null,
    document text not null
);
create unique index building_version_current on building_version (site) where current;

-- The application has no right to make tables; days are made by this one function of the owner.
create function make_day(day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text := 'reading_' || to_char(day, 'YYYYMMDD');
    low timestamptz := day::timestamp at time zone 'UTC';
    high timestamptz := (day + 1)::timestamp at time zone 'UTC';
begin
    perform pg_advisory_xact_lock(hashtext('twin.make_day'));
    if to_regclass('twin.' || name) is not null then
        return;
    end if;
    execute format('create table twin.%I (like twin.reading including all)', name);
    execute format('with moved as (delete from twin.reading_default where ts >= %L and ts < %L returning *)
                    insert into twin.%I select * from moved', low, high, name);
    execute format('alter table twin.reading attach partition twin.%I for values from (%L) to (%L)', name, low, high);
end $$;

create function drop_days_before(day date) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    dropped int := 0;
begin
    for name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'twin.reading'::regclass and c.relname ~ '^reading_[0-9]{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < day
    loop
        execute format('drop table twin.%I', name);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
revoke all on function make_day(date), drop_days_before(date) from public;
grant execute on function make_day(date), drop_days_before(date) to hall_app;
