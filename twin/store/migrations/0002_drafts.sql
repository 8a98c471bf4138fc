-- Who published which version and why; and drafts: what was read, and the edits made on it since.

alter table building_version
    add column published_by text not null default 'system',
    add column why text not null default '',
    add column name jsonb not null default '{}',
    add column counts jsonb;
create index building_version_published on building_version (site, published_ms desc);

-- plan: as it was read from the file, null where the draft began as a copy. document: what the edits are made on.
create table draft (
    id text primary key,
    site text not null,
    state text not null check (state in ('reading', 'ready', 'failed')),
    file text,
    bytes bigint not null,
    format text,
    base text not null,
    created_ms bigint not null,
    created_by text not null,
    error jsonb,
    plan text,
    document text,
    kept int not null default 0,
    left_behind jsonb not null default '[]',
    done int not null default 0,
    revision int not null default 0
);
create index draft_created on draft (site, created_ms desc);

-- Edits 1..done count; those beyond were undone and go when another is made.
create table draft_edit (
    draft text not null references draft on delete cascade,
    site text not null,
    n int not null,
    edit jsonb not null,
    text jsonb not null,
    made_by text not null,
    made_ms bigint not null,
    primary key (draft, n)
);
