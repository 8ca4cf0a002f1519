"""Devices: whose they are, when they were heard of, when they fell silent."""
