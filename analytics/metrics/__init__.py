"""The learning metrics: what each one is and the query that computes it. Pure: no Django, no store."""
