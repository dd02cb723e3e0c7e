"""Notifications: who is told.

Owns: deliveries and their content, templates of every mail, what each person was told.
Publishes: email-sent, email-failed.
Consumes: registration confirmed and cancelled, badges issued, programme edition-changed, released and access-changed.
"""
