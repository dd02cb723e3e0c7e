"""Registration: who comes.

Owns: the form, categories, quotas of edition, category and session, opening dates, registrations, enrolments, waiting
lists with their offers, approvals, needs, lists that are being imported.
Publishes: `submitted`, `confirmed`, `waitlisted`, `offered`, `refused`, `amended`, `transferred`, `cancelled`,
`link-requested`, `erased`, `places-changed`, `rules-changed`.
Consumes: `programme.edition-changed`, `programme.released`, `programme.access-changed`, `badges.issued`,
`badges.revoked`, `badges.erased-here`, `notifications.erased-here`.
"""
