"""Decisions of the registration service, by subject: editions, places, registrations, text people type, refusals."""
