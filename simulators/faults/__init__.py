"""What can go wrong with a device, each fault by name, on the wire as a real one shows it."""
