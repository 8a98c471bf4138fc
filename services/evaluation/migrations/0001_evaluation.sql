-- Ratings. No token and no ticket number: who rated can not be read here, and a rating is never changed.

CREATE TABLE evaluation.rating (
    id          text PRIMARY KEY,
    site        text     NOT NULL,
    visit_key   text     NOT NULL,
    day         date     NOT NULL,
    level       smallint NOT NULL CHECK (level BETWEEN 1 AND 5),
    tags        text[]   NOT NULL,
    text_sealed text,
    department  text     NOT NULL,
    item        text,
    window_no   text,
    staff       text,
    waited_s    double precision,
    served_s    double precision,
    people      int,
    rated_ms    bigint   NOT NULL,
    UNIQUE (site, visit_key)
);
CREATE INDEX rating_day ON evaluation.rating (site, day, department);
CREATE INDEX rating_latest ON evaluation.rating (site, rated_ms DESC);

CREATE TABLE evaluation.event (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site           text    NOT NULL,
    at_ms          bigint  NOT NULL,
    kind           text    NOT NULL,
    rating_id      text    NOT NULL,
    needs_followup boolean NOT NULL
);
CREATE INDEX event_followup ON evaluation.event (site, id) WHERE needs_followup;

CREATE FUNCTION evaluation.keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ratings are never changed';
END $$;
CREATE TRIGGER rating_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation.rating
    EXECUTE FUNCTION evaluation.keep();
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation.event
    EXECUTE FUNCTION evaluation.keep();
