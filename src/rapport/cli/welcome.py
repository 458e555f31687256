"""What `rapport serve` tells the person who started it."""

from __future__ import annotations

from collections.abc import Mapping

from rapport.settings import Settings


def welcome(settings: Settings, first_run: Mapping[str, str] | None) -> str:
    """Return the lines for a service that is ready; `first_run` has the new credentials, once."""
    address = settings.local_origin
    lines = [f"Rapport serves on {address}"]
    if first_run:
        client_id, secret = first_run["client_id"], first_run["client_secret"]
        lines += [
            "",
            f"  Client id      {client_id}",
            f"  Client secret  {secret}   (shown this once)",
            f"  Administrator  {first_run['admin_email']}",
            f"  Sign in        {first_run['sign_in_link']}   (once, within 15 minutes)",
            "",
            "Get a token, send a contact, read it back:",
            "",
            f"TOKEN=$(curl -s {address}/oauth2/token -d grant_type=client_credentials -d client_id={client_id}"
            f' -d client_secret={secret} | sed \'s/.*"access_token": *"\\([^"]*\\)".*/\\1/\')',
            f'curl -i -X PUT -H "Authorization: Bearer $TOKEN" "{address}/records?configuration=contact'
            '&record%5BEmail%5D=ada@example.com&record%5BFirst+Name%5D=Ada"',
            f'curl -H "Authorization: Bearer $TOKEN" "{address}/api/contacts?email=ada@example.com"',
            "",
        ]
    return "\n".join(lines)
