"""What changes sources, runs and tables."""
