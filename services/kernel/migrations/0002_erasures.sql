-- Keys say by which cipher they are wrapped; erased subjects wait here until the journal outside the database has them.

ALTER TABLE kernel.subject_key ADD COLUMN version smallint NOT NULL DEFAULT 1;

CREATE TABLE kernel.erasure (
    site    text NOT NULL,
    subject text NOT NULL,
    PRIMARY KEY (site, subject)
);

-- Who was erased before the journal was kept: they are told to it as well.
INSERT INTO kernel.erasure (site, subject) SELECT site, subject FROM kernel.subject_key WHERE wrapped IS NULL;
