"""From bytes to batches of rows: CSV, NDJSON, Parquet."""
