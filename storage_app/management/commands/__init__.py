"""Management commands of the stores."""
