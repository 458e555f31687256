"""Addresses of the pages of this app, each with the role that it needs."""

from __future__ import annotations

pages: list[object] = []
