"""The calls that send a record, for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from urllib.parse import quote_plus

from .outline import Outline

_FORM = """\
# {name}: sends one record to the import configuration {reference}, with cURL.
# Needs a Connected App with the scope records:write:
#   export CLIENT_ID=… CLIENT_SECRET=…

TOKEN=$(curl -s {auth}/oauth2/token -d grant_type=client_credentials \\
  --data-urlencode "client_id=$CLIENT_ID" --data-urlencode "client_secret=$CLIENT_SECRET" |
  sed 's/.*"access_token": *"\\([^"]*\\)".*/\\1/')

curl -i -X PUT {records}/records \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Prefer: return=representation" \\
{fields}
"""


def text(outline: Outline, hosts: Mapping[str, str]) -> str:
    """A shell script that gets a token, sends the first sample and shows its receipt."""
    # cURL encodes what stands behind the first `=`, not what stands before it.
    pairs = [f"{quote_plus(name, safe='[]')}={value}" for name, value in outline.parameters().items()]
    lines = [f"  --data-urlencode {shlex.quote(pair)}" for pair in pairs]
    return _FORM.format(
        name=outline.name,
        reference=outline.reference,
        auth=hosts["auth"],
        records=hosts["records"],
        fields=" \\\n".join(lines),
    )
