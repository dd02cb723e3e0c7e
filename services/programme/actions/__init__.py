"""What one can do in the programme service: each function decides and records one thing with its facts."""
