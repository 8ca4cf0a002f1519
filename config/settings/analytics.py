"""How long a caller may wait for a calculation."""

from config.settings.environment import integer

METRICS_WAIT_SECONDS = integer("METRICS_WAIT_SECONDS", 25, low=1, high=300)
