-- Who changed what, when and why. The application may add a line through one function and read; nobody may rewrite.

create table line (
    id bigint generated always as identity primary key,
    at_ms bigint not null,
    site text not null,
    actor text not null,
    action text not null,
    target text not null,
    before jsonb,
    after jsonb,
    why text not null
);
create index line_target on line (target, id desc);

create function refuse() returns trigger language plpgsql as $$
begin
    raise exception 'audit lines are never changed';
end $$;
create trigger line_append_only before update or delete or truncate on line execute function refuse();

grant usage on schema audit to hall_audit;
grant insert, select on line to hall_audit;
grant usage on schema audit to hall_app;
grant select on line to hall_app;

create function append(
    at_ms bigint, site text, actor text, action text, target text, before jsonb, after jsonb, why text
) returns bigint language sql security definer set search_path = audit, pg_temp as $$
    insert into line (at_ms, site, actor, action, target, before, after, why)
    values (at_ms, site, actor, action, target, before, after, why)
    returning id
$$;
revoke all on function append from public;
grant create on schema audit to hall_audit;
alter function append owner to hall_audit;
revoke create on schema audit from hall_audit;
grant execute on function append to hall_app;
