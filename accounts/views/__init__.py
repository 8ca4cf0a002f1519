"""The accounts' endpoints."""
