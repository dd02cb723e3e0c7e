"""Journeys over HTTP and in a browser, through the front door of a whole house."""
