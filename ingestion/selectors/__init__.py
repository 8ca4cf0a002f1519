"""Reads: stored events, receipts, the state of the pipeline."""
