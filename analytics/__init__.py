"""Numbers from what was kept: learning metrics, their results and their calculation."""
