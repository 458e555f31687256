"""All of Rapport's settings, read once from the environment.

`docs/settings.md` explains each for whoever runs the service. An empty variable counts as not set. A secret may also
come from a file named by the same variable with `_FILE` behind it. A value that makes no sense raises `SettingsError`,
whose text is one sentence for the person who set it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from email.utils import parseaddr
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Value = TypeVar("Value")

PREFIX = "RAPPORT_"
REGIONS: tuple[str, ...] = ("eu", "us", "au")
LOG_LEVELS = ("debug", "info", "warning", "error")

#: How mail is handed over: plain, encrypted after STARTTLS, encrypted from the start.
MAIL_SCHEMES = ("smtp", "smtp+tls", "smtps")

#: Linux refuses longer paths of Unix sockets (108 bytes with the closing NUL).
SOCKET_PATH_LIMIT = 107

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class SettingsError(ValueError):
    """A setting makes no sense; the text is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where to listen, where data lies, which databases to use. Made by `from_environment`; never changes."""

    #: Address that the service listens on.
    host: str = "127.0.0.1"
    #: TCP port that the service listens on.
    port: int = 8000
    #: Directory of the embedded PostgreSQL, generated secrets and uploads; always absolute.
    data_dir: Path = field(default_factory=lambda: Path("var").absolute())
    #: Directory of files to import, shared by all hosts; None: within `data_dir`, each host its own.
    spool_dir: Path | None = None
    #: PostgreSQL as the application role; None starts the embedded server.
    database_url: str | None = field(default=None, repr=False)
    #: PostgreSQL as the role that owns the tables; None: `database_url` migrates as well.
    owner_database_url: str | None = field(default=None, repr=False)
    #: Region that this deployment serves.
    region: str = "eu"
    #: All regions that callers may be sent to.
    regions: tuple[str, ...] = REGIONS
    #: Domain below which the hosts of `region` are served; None: paths on one origin only.
    domain: str | None = None
    #: What links in mails begin with; None: the domain's own address, and without a domain no campaign starts.
    public_url: str | None = None
    #: Key of the console's sessions and links; None: `rapport serve` keeps a generated one in the data directory.
    secret_key: str | None = field(default=None, repr=False)
    #: Ingest processes.
    workers: int = 2
    #: Least severe log lines that are written.
    log_level: str = "info"
    #: Whether each request gets a log line.
    access_log: bool = True
    #: Proxies of one's own between callers and this service, each of which adds to `X-Forwarded-For`.
    proxies: int = 0
    #: Server that takes mail; None: no mail is sent, links are passed on by hand.
    mail_url: str | None = field(default=None, repr=False)
    #: Sender of mail.
    mail_from: str = "rapport@localhost"
    #: Unix socket between ingest and the console; `rapport serve` sets it.
    console_socket: Path | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every setting from `environ` (the process's own when None). Raises `SettingsError`."""
        read = _Reader(os.environ if environ is None else environ)
        regions = read("REGIONS", _regions, REGIONS)
        region = read("REGION", str.lower, "eu" if "eu" in regions else regions[0])
        if region not in regions:
            raise SettingsError(
                f"RAPPORT_REGION is '{region}', which is not one of RAPPORT_REGIONS ({', '.join(regions)})."
            )
        return cls(
            host=read("HOST", _host, "127.0.0.1"),
            port=read("PORT", _number(1, 65535), 8000),
            data_dir=read("DATA_DIR", _directory, Path("var").absolute()),
            spool_dir=read("SPOOL_DIR", _directory, None),
            database_url=read.secret("DATABASE_URL", _database_url),
            owner_database_url=read.secret("OWNER_DATABASE_URL", _database_url),
            region=region,
            regions=regions,
            domain=read("DOMAIN", _domain, None),
            public_url=read("PUBLIC_URL", _public_url, None),
            secret_key=read.secret("SECRET_KEY", _secret_key),
            workers=read("WORKERS", _number(1, 256), 2),
            log_level=read("LOG_LEVEL", _log_level, "info"),
            access_log=read("ACCESS_LOG", _switch, True),
            proxies=read("PROXIES", _number(0, 9), 0),
            mail_url=read.secret("MAIL_URL", _mail_url),
            mail_from=read("MAIL_FROM", _mail_from, "rapport@localhost"),
            console_socket=read("CONSOLE_SOCKET", _socket, None),
        )

    @property
    def spool(self) -> Path:
        """Where files to import lie."""
        return self.spool_dir or self.data_dir / "spool"

    @property
    def reachable_host(self) -> str:
        """A host that a client on this machine can use: an address that means all of them is none."""
        local = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104 (compared, not bound)
        return local.get(self.host, self.host)

    @property
    def local_origin(self) -> str:
        """The address of the service, for a browser on this machine."""
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def origin(self) -> str:
        """Where people find the console."""
        return f"https://{self.domain}" if self.domain else self.local_origin

    @property
    def public_origin(self) -> str | None:
        """What links in mails begin with, without a slash at the end; None where nobody has said."""
        return self.public_url or (self.origin if self.domain else None)

    def environment(self) -> dict[str, str]:
        """Return the variables from which a child process reads these very settings."""
        return {
            PREFIX + each.name.upper(): _text(value)
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }


class _Reader:
    """Reads variables of one environment; each call names the variable without its prefix."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __call__(self, name: str, parse: Callable[[str], Value], default: Value) -> Value:
        text = self._environ.get(PREFIX + name, "").strip()
        return default if not text else self._parsed(name, text, parse)

    def secret(self, name: str, parse: Callable[[str], str]) -> str | None:
        """Read a variable that may come from a file. Raises `SettingsError`, which never repeats the secret."""
        text = self._environ.get(PREFIX + name, "").strip()
        file = self._environ.get(f"{PREFIX}{name}_FILE", "").strip()
        if text and file:
            raise SettingsError(f"RAPPORT_{name} and RAPPORT_{name}_FILE are both set; set one of them.")
        if file:
            text = _contents(name, Path(file))
        return self._parsed(name, text, parse) if text else None

    @staticmethod
    def _parsed(name: str, text: str, parse: Callable[[str], Value]) -> Value:
        try:
            return parse(text)
        except ValueError as error:
            raise SettingsError(f"RAPPORT_{name} {error}.") from None


def _contents(name: str, file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SettingsError(f"RAPPORT_{name}_FILE names {file}, which cannot be read: {reason}.") from None
    if not text:
        raise SettingsError(f"RAPPORT_{name}_FILE names {file}, which is empty.")
    return text


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


# Parsers: text to value; a ValueError's text continues the sentence that began with the variable's name.


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
            raise ValueError(f"is '{text}'; it must be a whole number from {least} to {most}")
        return int(text)

    return parse


def _host(text: str) -> str:
    if re.search(r"[\s/@]", text):
        raise ValueError(f"is '{text}'; it must be a host name or an address such as 127.0.0.1")
    return text


def _directory(text: str) -> Path:
    if "\0" in text:
        raise ValueError("holds a NUL byte")
    return Path(text).expanduser().absolute()


def _socket(text: str) -> Path:
    path = _directory(text)
    if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
        raise ValueError(f"is longer than the {SOCKET_PATH_LIMIT} bytes that a socket's path may have")
    return path


def _database_url(text: str) -> str:
    if not text.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be a URL that begins with postgresql://")
    return text


def _mail_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        fit = parts.scheme in MAIL_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit:
        raise ValueError("must be a URL such as smtp+tls://user:password@mail.example.com:587")
    return text


def _mail_from(text: str) -> str:
    if not parseaddr(text)[1].count("@") == 1 or not text.isprintable():
        raise ValueError(f"is '{text}'; it must be an address such as Rapport <rapport@example.com>")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"is '{text}'; it must be a URL such as https://feedback.example.com")
    return text.rstrip("/")


def _regions(text: str) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in text.split(","))
    if not all(_LABEL.fullmatch(label) for label in labels) or len(set(labels)) < len(labels):
        raise ValueError(f"is '{text}'; it must be different labels with commas between, such as eu,us,au")
    return labels


def _domain(text: str) -> str:
    name = text.lower().rstrip(".")
    if len(name) > 200 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"is '{text}'; it must be a domain such as example.com, without scheme, port or path")
    return name


def _secret_key(text: str) -> str:
    if any(len(key) < 32 for key in text.split()):
        raise ValueError("is too short; it must have at least 32 characters")
    return text


def _log_level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(f"is '{text}'; it must be one of {', '.join(LOG_LEVELS)}")
    return text.lower()


def _switch(text: str) -> bool:
    if text.lower() not in {"on", "off", "true", "false", "yes", "no", "1", "0"}:
        raise ValueError(f"is '{text}'; it must be on or off")
    return text.lower() in {"on", "true", "yes", "1"}
