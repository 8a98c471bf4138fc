-- Where somebody asked to be called about a low rating. Apart from the rating, which says of nobody whose it is: once
-- the number is emptied, nothing is left that leads from a rating to a person.

CREATE TABLE evaluation.contact (
    rating_id    text   PRIMARY KEY REFERENCES evaluation.rating (id),
    site         text   NOT NULL,
    phone_sealed text,
    asked_ms     bigint NOT NULL
);
CREATE INDEX contact_latest ON evaluation.contact (site, asked_ms DESC) WHERE phone_sealed IS NOT NULL;
