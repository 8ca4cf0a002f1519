"""Writes of files."""
