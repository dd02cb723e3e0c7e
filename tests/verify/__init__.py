"""The checks of `manage verify`, on a house that has lived."""
