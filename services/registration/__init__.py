"""Registration: who comes.

Owns: the form, categories, quotas of edition, category and session, opening dates, registrations, enrolments, needs.
Publishes: `confirmed`, `cancelled`, `places-changed`.
Consumes: `programme.edition-changed`, `programme.released`, `programme.access-changed`, `badges.issued`,
`badges.revoked`.
"""
