-- The calls of any time are found without going through all that came after.
CREATE INDEX event_calls_at ON queue.event (site, at_ms DESC, id DESC) WHERE kind IN ('called', 'recalled');
