"""Four independent services; they meet only in the facts of `shared.events`."""
