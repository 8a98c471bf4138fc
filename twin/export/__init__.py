"""Recorded history as tables: which rows, and as which file."""
