"""Events in, measured against a plain service and ClickHouse itself."""
