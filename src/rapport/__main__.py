"""`python -m rapport` is the `rapport` command."""

from __future__ import annotations

from rapport.cli.main import main

main()
