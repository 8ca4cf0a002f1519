"""Writes: calculations and what they store."""
