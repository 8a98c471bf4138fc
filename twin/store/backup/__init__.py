"""A hall's database written out while it runs, and brought back elsewhere, compared by content."""
