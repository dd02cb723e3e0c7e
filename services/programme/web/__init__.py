"""Pages and JSON API of the programme service, by subject."""
