-- How often somebody was erased: whoever keeps keys for a while asks this one row whether they still may.

CREATE TABLE kernel.erasure_count (
    site    text   PRIMARY KEY,
    count   bigint NOT NULL,
    last_by xid8   NOT NULL
);

-- Counted as the transaction commits, once for all it erased: the row is locked for that moment only, after all else.
CREATE FUNCTION kernel.count_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO kernel.erasure_count AS c VALUES (NEW.site, 1, pg_current_xact_id())
        ON CONFLICT (site) DO UPDATE SET count = c.count + 1, last_by = excluded.last_by
        WHERE c.last_by <> excluded.last_by;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER erasures_are_counted AFTER INSERT OR UPDATE ON kernel.subject_key
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.wrapped IS NULL) EXECUTE FUNCTION kernel.count_erasure();
