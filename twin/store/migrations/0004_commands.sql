-- Who asked for a command, and under which key of their own: asked twice with one key is asked once.

alter table command add column issuer text, add column key text;
update command set issuer = body->>'issuer';
alter table command alter column issuer set not null;
create unique index command_asked_once on command (site, issuer, key) where key is not null;
