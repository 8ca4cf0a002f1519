"""The project: settings, URLs, errors, health, logging."""
