-- Tickets, windows and everything that happened to them. A ticket's row is its newest state, the events are its life.

CREATE TABLE queue.counter (
    site   text NOT NULL,
    day    date NOT NULL,
    prefix text NOT NULL,
    last   int  NOT NULL,
    PRIMARY KEY (site, day, prefix)
);

CREATE TABLE queue.ticket (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site         text   NOT NULL,
    -- in clear, because the live feed of a ticket is named by it; worth nothing once the ticket has ended
    token        text   NOT NULL UNIQUE,
    number       text   NOT NULL,
    day          date   NOT NULL,
    queue        text   NOT NULL,
    item         text,
    profile      text   NOT NULL,
    lang         text   NOT NULL,
    state        text   NOT NULL CHECK (state IN ('issued', 'called', 'serving', 'done', 'no_show', 'cancelled', 'transferred')),
    virtual_ms   bigint NOT NULL,
    issued_ms    bigint NOT NULL,
    window_no    text,
    staff        text,
    calls        int    NOT NULL DEFAULT 0,
    called_ms    bigint,
    started_ms   bigint,
    ended_ms     bigint,
    -- keyed hashes: whoever asks twice is known, who it is is not
    device_key   text,
    phone_key    text,
    phone_sealed text,
    UNIQUE (site, day, number)
);

-- One live ticket a visitor and day, one visitor a window: held here, whatever runs at once.
CREATE UNIQUE INDEX ticket_one_a_device ON queue.ticket (site, day, device_key)
    WHERE device_key IS NOT NULL AND state IN ('issued', 'called', 'serving', 'transferred');
CREATE UNIQUE INDEX ticket_one_a_phone ON queue.ticket (site, day, phone_key)
    WHERE phone_key IS NOT NULL AND state IN ('issued', 'called', 'serving', 'transferred');
CREATE UNIQUE INDEX ticket_one_a_window ON queue.ticket (site, window_no) WHERE state IN ('called', 'serving');
CREATE INDEX ticket_next ON queue.ticket (site, day, queue, virtual_ms, id) WHERE state IN ('issued', 'transferred');
CREATE INDEX ticket_taken ON queue.ticket (site, queue, ended_ms DESC) WHERE state IN ('done', 'no_show');
CREATE INDEX ticket_live ON queue.ticket (site, day) WHERE state IN ('issued', 'called', 'serving', 'transferred');
CREATE INDEX ticket_window_day ON queue.ticket (site, window_no, day);

CREATE TABLE queue.desk (
    site       text NOT NULL,
    window_no  text NOT NULL,
    state      text NOT NULL CHECK (state IN ('closed', 'open', 'break')),
    staffed_by text,
    opened_ms  bigint,
    PRIMARY KEY (site, window_no)
);

CREATE TABLE queue.event (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site      text   NOT NULL,
    at_ms     bigint NOT NULL,
    kind      text   NOT NULL,
    ticket_id bigint,
    number    text,
    queue     text,
    window_no text,
    actor     text   NOT NULL,
    detail    jsonb  NOT NULL DEFAULT '{}'
);
CREATE INDEX event_of_ticket ON queue.event (ticket_id, id);
CREATE INDEX event_calls ON queue.event (site, id DESC) WHERE kind IN ('called', 'recalled');

CREATE FUNCTION queue.keep_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'queue events are never changed';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON queue.event EXECUTE FUNCTION queue.keep_events();
