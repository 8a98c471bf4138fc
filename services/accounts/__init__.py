"""Who may come in: people with a login, browsers that were paired; it implements the kernel's identity port."""
