"""Scenarios: how many visitors come, and what happens to devices, and when; each a file that a person can write."""
