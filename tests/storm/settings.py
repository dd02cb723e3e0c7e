"""How a house in a storm is set."""

PATIENT = {"REGISTRATIONS_PER_ADDRESS": "1000000", "HASTY_PER_ADDRESS": "1000000", "CHANGE_QUIET_SECONDS": "3"}
"""Everybody comes from one network address, and changes of the programme are told within seconds."""
