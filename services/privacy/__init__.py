"""What a person may ask of the hall about their own data, and how the hall keeps to it."""
