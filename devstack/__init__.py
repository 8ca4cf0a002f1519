"""Starts the real servers and Tidewatch's processes for a developer and for tests: no Docker, no root."""
