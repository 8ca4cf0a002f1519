"""Data from outside, brought into tables: files, web addresses, S3 objects and PostgreSQL databases."""
