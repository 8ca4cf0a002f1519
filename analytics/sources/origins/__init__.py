"""Where data come from: stored files, web addresses, S3, PostgreSQL."""
