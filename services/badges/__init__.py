"""Badges: who is here.

Owns: badges, designs, desk links, check-ins, attendance. Publishes: issued, revoked, checked-in, check-in-undone,
erased-here.
Consumes: every fact of a registration but link-requested, programme edition-changed and access-changed.
"""
