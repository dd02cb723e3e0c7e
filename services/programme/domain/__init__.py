"""Decisions of the programme service, by subject: editions, releases, places, accounts."""
