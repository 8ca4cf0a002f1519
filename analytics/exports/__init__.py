"""Whole results as files: streamed to whoever asks, or written to the file store by a worker."""
