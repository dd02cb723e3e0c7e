"""Notifications: who is told.

Owns: deliveries and their content, the words of every mail, the rules of reminders and what became of them, what each
person was told, every release they were told of.
Publishes: email-sent, email-failed, erased-here.
Consumes: registration submitted, confirmed, waitlisted, offered, refused, amended, transferred, cancelled,
link-requested and erased, badges issued, programme edition-changed, released and access-changed.
"""
