"""Migrations of PostgreSQL."""
