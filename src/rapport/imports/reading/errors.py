"""What keeps a whole file from being read."""

from __future__ import annotations


class UnreadableError(Exception):
    """The file cannot be imported; `str(error)` is one sentence for whoever sent it."""


class HeadingsError(UnreadableError):
    """The line of headings cannot be read, at least in this encoding."""
