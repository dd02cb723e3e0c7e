"""Decisions about mail: which one a fact calls for, what becomes of it, what it says. No I/O and no clock."""
