"""Starts, watches and stops the processes of a hall: database, broker, server, simulators."""
