"""Files: records in PostgreSQL, bytes in the object store."""
