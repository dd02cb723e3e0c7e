"""Programme: what happens, where and when; and who may work on it.

Owns editions (identity, dates, venue), the draft of each with its rooms, formats and sessions, releases, staff
accounts and API tokens.
Publishes `edition-changed`, `released`, `access-changed`. Consumes registration's `places-changed`.
"""
