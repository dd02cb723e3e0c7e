"""Badges: who is here.

Owns: badges, designs, check-ins, attendance. Publishes: issued, revoked, checked-in.
Consumes: every registration fact but link-requested, programme edition-changed, access-changed.
"""
