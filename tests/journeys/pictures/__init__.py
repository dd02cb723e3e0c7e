"""Takes the pictures of the README and of the team's guide from a real house: `make pictures`."""
