"""Plumbing that would make sense in another product: no business rule lives here."""
