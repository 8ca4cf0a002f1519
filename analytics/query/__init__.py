"""From a question to SQL: pure text and typed parameters. Knows no Django, no driver and no store.

A request (`requests`) and a table the caller may read (`tables`) make a `Statement`. Names become SQL only by way of
the table's own columns (`fields`), values only as bound parameters (`values`).
"""
