"""The only way to ClickHouse: `gateway` asks and writes, `errors` says what went wrong, `migrator` keeps the schema."""
