"""`make bench-data`: questions and exports beside the same SQL by the bare driver."""
