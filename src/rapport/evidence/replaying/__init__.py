"""Putting what was sent before through the write path again: which records, what would become of them, doing it."""
