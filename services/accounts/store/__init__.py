"""The module's tables, a file each: rows in, rows out, nothing decided here."""
