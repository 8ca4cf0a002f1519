"""Metrics and courses over HTTP: parse, ask one service or selector, answer."""
