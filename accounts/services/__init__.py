"""Writes of accounts, tokens and keys."""
