"""What somebody can paste to use a Connected App or a webhook."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

#: Stands where a secret goes that is no longer known.
SECRET, PASSWORD = "CLIENT_SECRET", "PASSWORD"


def token(origin: str, client_id: str, client_secret: str = SECRET) -> str:
    """A command line that gets a token."""
    lines = [
        f"curl {origin}/oauth2/token",
        "-d grant_type=client_credentials",
        f"-d client_id={client_id}",
        f"-d client_secret={client_secret}",
    ]
    return " \\\n  ".join(lines)


def hook(url: str, user_name: str, record: Mapping[str, str], password: str = PASSWORD) -> str:
    """A command line that sends one record to a webhook."""
    lines = [
        f"curl -X PUT {url}",
        f"-u {user_name}:{password}",
        '-H "Content-Type: application/json"',
        f"-d {shlex.quote(json.dumps(record, ensure_ascii=False, indent=2))}",
    ]
    return " \\\n  ".join(lines)
