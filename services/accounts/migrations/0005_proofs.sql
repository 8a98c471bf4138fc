-- One person may be signed in at so many places at a time: what went beyond is kept until it would have ended, so that
-- its page can say why it did.
ALTER TABLE accounts.session ADD COLUMN crowded_out_ms bigint;

-- A code that an administrator gave to somebody who lost everything, after seeing who they are; NULL: one's own, for as
-- long as one has a factor.
ALTER TABLE accounts.recovery_code ADD COLUMN expires_ms bigint;
