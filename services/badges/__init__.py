"""Badges: who is here.

Owns: badges, designs, check-ins, attendance. Publishes: issued, revoked, checked-in.
Consumes: registration confirmed and cancelled, programme edition-changed.
"""
