"""Ways through the hall as it is now: words become places, live facts close doors and lifts, routes come out."""
