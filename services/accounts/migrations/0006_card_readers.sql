-- The ID card reader that stands beside a kiosk: the entity it is in the twin.
CREATE TABLE accounts.card_reader (
    pairing_id text PRIMARY KEY REFERENCES accounts.pairing (id) ON DELETE CASCADE,
    site       text NOT NULL,
    reader     text NOT NULL
);
