"""People: accounts, roles, signing in, tokens."""
