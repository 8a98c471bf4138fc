-- What makes the past quick to ask: who was recording when, keyframes, rollups, and how long each is kept.

-- The hall was recording from started to seen. What lies in no run was not recorded: unknown, not unchanged.
create table run (
    id bigint generated always as identity primary key,
    site text not null,
    started_ms bigint not null,
    seen_ms bigint not null check (seen_ms >= started_ms)
);
create index run_site on run (site, seen_ms);

-- How far the keeping of a site has come. Readings before told are late: they correct what was kept already.
create table kept (
    site text primary key,
    told timestamptz not null,
    done timestamptz not null,
    raw_since timestamptz not null default '-infinity'
);

-- The newest reading of each point before the hour at. A keyframe is a maximum: merging is the same in any order.
create table keyframe (
    at timestamptz not null,
    ts timestamptz not null,
    value float8,
    point_id int not null,
    quality smallint not null,
    text text,
    primary key (at, point_id)
);
create table keyframe_hour (
    site text not null,
    at timestamptz not null,
    complete boolean not null,
    primary key (site, at)
);

-- Lowest and highest of the numbers of one point in one step of time, with their times. bad: of those marked bad.
create table rollup (
    point_id int not null,
    step_s int not null,
    at timestamptz not null,
    low_ts timestamptz not null,
    high_ts timestamptz not null,
    low float8 not null,
    high float8 not null,
    n bigint not null,
    quality smallint not null,
    bad boolean not null,
    primary key (point_id, step_s, at, bad)
);

-- From when on the rollups of a step are whole.
create table rolled (
    site text not null,
    step_s int not null,
    since timestamptz not null,
    primary key (site, step_s)
);

-- Hours of a point whose rollups are to be made again, because readings came late.
create table late (
    id bigint generated always as identity primary key,
    point_id int not null,
    hour timestamptz not null
);
create index late_point on late (point_id, hour);

-- How long what is kept, and in which steps rolled up. Without keep_days: for ever.
create table retention (
    what text primary key,
    step_s int unique check (step_s > 0 and 86400 % step_s = 0),
    keep_days int check (keep_days > 0)
);
insert into retention (what, step_s, keep_days) values
    ('reading', null, 90), ('keyframe', null, 90),
    ('rollup 15 minutes', 900, 90), ('rollup 1 hour', 3600, 1825), ('rollup 1 day', 86400, null);

-- Each time a version was published, also again.
create table publication (
    site text not null,
    at_ms bigint not null,
    hash text not null,
    published_by text not null,
    n bigint generated always as identity,
    primary key (site, at_ms, n)
);
insert into publication (site, at_ms, hash, published_by)
    select site, published_ms, hash, published_by from building_version order by published_ms;

-- Every state an alarm was in. closed_ms: the largest number while it is open.
create table alarm_change (
    alarm text not null,
    n bigint generated always as identity,
    site text not null,
    at_ms bigint not null,
    state text not null,
    body jsonb not null,
    primary key (alarm, n)
);
create index alarm_change_at on alarm_change (site, at_ms);
alter table alarm add column closed_ms bigint not null default 9223372036854775807;
update alarm set closed_ms = greatest(raised_ms, (body->>'acked_ms')::bigint, (body->>'cleared_ms')::bigint)
    where state = 'closed';
create index alarm_closed on alarm (site, closed_ms, raised_ms);
insert into alarm_change (alarm, site, at_ms, state, body)
    select id, site, raised_ms, 'active',
           body || '{"state": "active", "acked_ms": null, "acked_by": null, "cleared_ms": null, "closed_why": null}'
    from alarm order by raised_ms;
insert into alarm_change (alarm, site, at_ms, state, body)
    select id, site, greatest(raised_ms, (body->>'acked_ms')::bigint, (body->>'cleared_ms')::bigint), state, body
    from alarm where state <> 'active' order by raised_ms;

create index event_received on event (received);

-- A few pages of summary a day: what happened between two times is found without an index entry a reading.
create index reading_ts on reading using brin (ts) with (pages_per_range = 32);

-- New pages are not in the summary until somebody asks.
create function summarize() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    index regclass;
begin
    for index in
        select i.indexrelid from pg_index i
        join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
        where a.amname = 'brin' and c.relkind = 'i'
          and i.indrelid in (select inhrelid from pg_inherits where inhparent = 'twin.reading'::regclass
                             order by inhrelid desc limit 4)
    loop
        perform brin_summarize_new_values(index);
    end loop;
end $$;
revoke all on function summarize() from public;
grant execute on function summarize() to hall_app;
