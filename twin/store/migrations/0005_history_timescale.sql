-- With TimescaleDB: readings in a hypertable of day chunks. Same names, same columns, same index; no query differs.
-- Compression belongs to the community licence: it is used where that one is set, and left out where it is not.

do $$
declare
    place text := (select n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
                   where p.proname = 'create_hypertable' order by p.oid limit 1);
begin
    alter table twin.reading rename to reading_parts;
    alter index twin.reading_point_ts rename to reading_parts_point_ts;
    drop index twin.reading_ts;

    create table twin.reading (
        ts timestamptz not null,
        point_id int not null,
        value float8,
        quality smallint not null,
        text text
    );
    create index reading_point_ts on twin.reading (point_id, ts desc);
    execute format('select %I.create_hypertable(''twin.reading''::regclass, ''ts''::name,
                    chunk_time_interval => interval ''1 day'', create_default_indexes => false)', place);
    create index reading_ts on twin.reading using brin (ts) with (pages_per_range = 32);
    insert into twin.reading select * from twin.reading_parts;
    drop table twin.reading_parts;

    if coalesce(current_setting('timescaledb.license', true), 'apache') = 'timescale' then
        alter table twin.reading set (
            timescaledb.compress, timescaledb.compress_segmentby = 'point_id', timescaledb.compress_orderby = 'ts desc'
        );
        execute format('select %I.add_compression_policy(''twin.reading''::regclass, interval ''7 days'')', place);
    end if;

    -- Chunks make themselves. summarize() stays as it is: they are children of the table like days of our own.
    create or replace function twin.make_day(day date) returns void
        language sql security definer set search_path = pg_catalog, pg_temp as 'select';
    execute format($f$
        create or replace function twin.drop_days_before(day date) returns int
        language sql security definer set search_path = pg_catalog, pg_temp as
        $d$select count(*)::int from %I.drop_chunks('twin.reading'::regclass, day::timestamp at time zone 'UTC')$d$
    $f$, place);
end $$;
