-- The lines as leaves of one growing tree of hashes (RFC 6962): what a signed head of it covers cannot be changed,
-- taken out, put in or moved without the head telling. A line is hashed in the transaction that writes it and waits;
-- the sealer gives committed lines their places, in the order of their numbers as far as they are there, and signs.

create table waiting (
    line bigint primary key,
    hash bytea not null check (octet_length(hash) = 32)
);
create table leaf (
    place bigint primary key,
    line bigint not null unique,
    hash bytea not null check (octet_length(hash) = 32)
);
-- Whole subtrees of 256, 65,536, ... leaves: a proof reads a few hundred hashes, not all of them.
create table node (
    level int not null check (level > 0 and level % 8 = 0),
    place bigint not null,
    hash bytea not null check (octet_length(hash) = 32),
    primary key (level, place)
);
create table head (
    size bigint primary key check (size > 0),
    at_ms bigint not null,
    origin text not null,
    root bytea not null check (octet_length(root) = 32),
    key bytea not null check (octet_length(key) = 32),
    signature bytea not null check (octet_length(signature) = 64)
);
-- How long lines are kept; never less than the six months of 网络安全法 article 23. `first`: the place of the oldest
-- that is still here. Only the database's owner changes the days.
create table keeping (
    one boolean primary key default true check (one),
    first bigint not null,
    keep_days int not null check (keep_days >= 183)
);
insert into keeping (first, keep_days) values (0, 730);

create index line_actor on line (actor, id desc);
create index line_action on line (action, id desc);
create index line_at on line using brin (at_ms) with (autosummarize = on);

create or replace function refuse() returns trigger language plpgsql as $$
begin
    -- What is older than it is kept goes by `retire`, what waits goes into the tree by `admit`: both run as this role.
    if tg_op = 'DELETE' and current_user = 'hall_audit' then
        return null;
    end if;
    raise exception 'audit lines are never changed';
end $$;
create trigger waiting_append_only before update or delete or truncate on waiting execute function refuse();
create trigger leaf_append_only before update or delete or truncate on leaf execute function refuse();
create trigger node_append_only before update or delete or truncate on node execute function refuse();
create trigger head_append_only before update or delete or truncate on head execute function refuse();

grant select, insert, delete on waiting to hall_audit;
grant select, insert on leaf, node to hall_audit;
grant select, insert, delete on head to hall_audit;
grant select, update on keeping to hall_audit;
grant delete on line to hall_audit;
grant select on waiting, leaf, node, head, keeping to hall_app;

-- Its length before it, so that no two lines have the same bytes; nothing is `-`.
create function counted(value text) returns text language sql stable as $$
    select coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value || ',', '-,')
$$;
create function line_hash(
    id bigint, at_ms bigint, site text, actor text, action text, target text, before jsonb, after jsonb, why text
) returns bytea language sql stable as $$
    select sha256('\x00'::bytea || convert_to(
        audit.counted(id::text) || audit.counted(at_ms::text) || audit.counted(site) || audit.counted(actor)
        || audit.counted(action) || audit.counted(target) || audit.counted(before::text) || audit.counted(after::text)
        || audit.counted(why), 'UTF8'))
$$;

create or replace function append(
    at_ms bigint, site text, actor text, action text, target text, before jsonb, after jsonb, why text
) returns bigint language plpgsql security definer set search_path = audit, pg_temp as $$
declare
    number bigint;
begin
    before := nullif(before, 'null'::jsonb);  -- in an export the two look alike
    after := nullif(after, 'null'::jsonb);
    insert into line (at_ms, site, actor, action, target, before, after, why)
    values (at_ms, site, actor, action, target, before, after, why)
    returning id into number;
    insert into waiting (line, hash)
    values (number, line_hash(number, at_ms, site, actor, action, target, before, after, why));
    return number;
end $$;

-- Takes the next places for lines that are committed. One sealer at a time: the lock is kept until its commit.
create function admit(most int) returns table (place bigint, hash bytea)
language plpgsql security definer set search_path = audit, pg_temp as $$
#variable_conflict use_column
begin
    perform pg_advisory_xact_lock(x'61756469'::int);
    return query
        with taken as (
            delete from waiting where line in (select line from waiting order by line limit most) returning line, hash
        ), placed as (
            insert into leaf (place, line, hash)
            select coalesce((select max(place) from leaf), -1) + row_number() over (order by line), line, hash
            from taken
            returning place, hash
        )
        select place, hash from placed order by place;
end $$;

create function seal(
    size bigint, at_ms bigint, origin text, root bytea, key bytea, signature bytea,
    levels int[], places bigint[], hashes bytea[]
) returns void language plpgsql security definer set search_path = audit, pg_temp as $$
begin
    if size is distinct from (select max(l.place) + 1 from leaf l) then
        raise exception 'a head covers all that have a place';
    end if;
    insert into node (level, place, hash) select * from unnest(levels, places, hashes);
    insert into head (size, at_ms, origin, root, key, signature) values (size, at_ms, origin, root, key, signature);
end $$;

-- Lets go of the oldest lines, only as a whole beginning and only what a head covers, and says so in a line. Their
-- hashes stay, so that the tree can still be checked. By the server's own clock. Returns the new first place.
create function retire(site text, actor text, at_ms bigint, most int) returns bigint
language plpgsql security definer set search_path = audit, pg_temp as $$
#variable_conflict use_variable
declare
    begins bigint;
    ends bigint;
    days int;
    young_ms bigint;
begin
    select k.first, k.keep_days into begins, days from keeping k for update;
    young_ms := floor(extract(epoch from now()) * 1000) - days * 86400000::bigint;
    select coalesce(min(l.place), begins + most) into ends
        from leaf l join line x on x.id = l.line
        where l.place >= begins and l.place < begins + most and x.at_ms >= young_ms;
    ends := least(ends, coalesce((select max(h.size) from head h), 0));
    if ends <= begins then
        return null;
    end if;
    delete from line x using leaf l where l.line = x.id and l.place >= begins and l.place < ends;
    delete from head h where h.size < ends;
    update keeping set first = ends;
    perform append(at_ms, site, actor, 'audit.retire', 'audit', jsonb_build_object('first', begins),
                   jsonb_build_object('first', ends), days || ' days');
    return ends;
end $$;

-- Of what is older than a day the last head of each hour stays: it covers all that those before it did.
create function thin() returns void language sql security definer set search_path = audit, pg_temp as $$
    delete from head h
        where h.at_ms < floor(extract(epoch from now()) * 1000) - 86400000
        and exists (select 1 from head o where o.at_ms / 3600000 = h.at_ms / 3600000 and o.size > h.size)
$$;

insert into waiting (line, hash)
    select id, line_hash(id, at_ms, site, actor, action, target, before, after, why) from line;

revoke all on function admit, seal, retire, thin from public;
grant create on schema audit to hall_audit;
alter function admit owner to hall_audit;
alter function seal owner to hall_audit;
alter function retire owner to hall_audit;
alter function thin owner to hall_audit;
revoke create on schema audit from hall_audit;
grant execute on function admit, seal, retire, thin to hall_app;
