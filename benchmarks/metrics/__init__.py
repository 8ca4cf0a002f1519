"""The six metrics over generated events: the whole calculation against its bare queries and against pandas."""
