-- Which tickets somebody took is found for a copy of their data without going through all that ever happened.
CREATE INDEX event_issued_by ON queue.event (site, actor) WHERE kind = 'issued';
CREATE INDEX ticket_staff ON queue.ticket (site, staff) WHERE staff IS NOT NULL;
