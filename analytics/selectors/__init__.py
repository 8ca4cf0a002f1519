"""Reads: stored results, and whether later events have made them stale."""
