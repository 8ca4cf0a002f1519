"""Events and readings in: checked, buffered, written to ClickHouse."""
