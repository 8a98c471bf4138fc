-- What is wanted of a point, by the newest act on it; value null: nothing is, and no older act comes back.
-- away_ms: since when the point has not been reported so, written when that becomes drift.
create table desired (
    site text not null,
    entity text not null,
    point text not null,
    value jsonb,
    since_ms bigint not null,
    actor text not null,
    command text not null,
    grace_ms bigint not null,
    away_ms bigint,
    primary key (site, entity, point)
);
