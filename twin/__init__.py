"""What is true in the hall, now and at any time before: state, history, alarms, commands, live feed, store."""
