"""Devices: readings in, and their analysis."""
