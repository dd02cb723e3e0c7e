"""Hostile input, forged badges, and the classes of mistakes that others made."""
