"""Analyses asked for, run, and forgotten."""
