"""Settings: what the environment may say, and the one sentence for what it may not."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from rapport.settings import SOCKET_PATH_LIMIT, Settings, SettingsError

KEY = "k" * 32


def test_without_variables_everything_has_a_default():
    settings = Settings.from_environment({})

    assert (settings.host, settings.port, settings.workers) == ("127.0.0.1", 8000, 2)
    assert settings.data_dir == Path.cwd() / "var"
    assert (settings.region, settings.regions) == ("eu", ("eu", "us", "au"))
    assert settings.database_url is None
    assert settings == Settings()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("HOST", "::1", "host", "::1"),
        ("PORT", "65535", "port", 65535),
        ("DATA_DIR", "/srv/rapport", "data_dir", Path("/srv/rapport")),
        ("DATA_DIR", "here", "data_dir", Path.cwd() / "here"),
        ("DATABASE_URL", "postgres://app@db/rapport", "database_url", "postgres://app@db/rapport"),
        ("OWNER_DATABASE_URL", "postgresql://o@db/r", "owner_database_url", "postgresql://o@db/r"),
        ("REGION", "AU", "region", "au"),
        ("REGIONS", "eu, ch", "regions", ("eu", "ch")),
        ("REGIONS", "ch", "region", "ch"),
        ("DOMAIN", "Example.COM.", "domain", "example.com"),
        ("PUBLIC_URL", "https://ask.example.com/", "public_url", "https://ask.example.com"),
        ("SECRET_KEY", KEY, "secret_key", KEY),
        ("WORKERS", "8", "workers", 8),
        ("LOG_LEVEL", "Debug", "log_level", "debug"),
        ("ACCESS_LOG", "off", "access_log", False),
        ("ACCESS_LOG", "1", "access_log", True),
        ("CONSOLE_SOCKET", "/run/c.sock", "console_socket", Path("/run/c.sock")),
        ("PORT", "  ", "port", 8000),
        ("DATABASE_URL", "", "database_url", None),
    ],
)
def test_a_variable_is_read(name, text, field, value):
    assert getattr(Settings.from_environment({f"RAPPORT_{name}": text}), field) == value


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("PORT", "http", "RAPPORT_PORT is 'http'; it must be a whole number from 1 to 65535."),
        ("PORT", "0", "RAPPORT_PORT is '0'; it must be a whole number from 1 to 65535."),
        ("PORT", "٨٠", "RAPPORT_PORT is '٨٠'; it must be a whole number from 1 to 65535."),
        ("WORKERS", "-1", "RAPPORT_WORKERS is '-1'; it must be a whole number from 1 to 256."),
        ("HOST", "http://x", "RAPPORT_HOST is 'http://x'; it must be a host name or an address such as 127.0.0.1."),
        ("DATA_DIR", "a\0b", "RAPPORT_DATA_DIR holds a NUL byte."),
        ("DATABASE_URL", "mysql://secret", "RAPPORT_DATABASE_URL must be a URL that begins with postgresql://."),
        ("REGION", "mars", "RAPPORT_REGION is 'mars', which is not one of RAPPORT_REGIONS (eu, us, au)."),
        (
            "REGIONS",
            "eu,,us",
            "RAPPORT_REGIONS is 'eu,,us'; it must be different labels with commas between, such as eu,us,au.",
        ),
        (
            "DOMAIN",
            "https://example.com",
            "RAPPORT_DOMAIN is 'https://example.com'; it must be a domain such as example.com,"
            " without scheme, port or path.",
        ),
        ("SECRET_KEY", "short", "RAPPORT_SECRET_KEY is too short; it must have at least 32 characters."),
        ("LOG_LEVEL", "loud", "RAPPORT_LOG_LEVEL is 'loud'; it must be one of debug, info, warning, error."),
        ("ACCESS_LOG", "maybe", "RAPPORT_ACCESS_LOG is 'maybe'; it must be on or off."),
        (
            "CONSOLE_SOCKET",
            "/" + "x" * SOCKET_PATH_LIMIT,
            "RAPPORT_CONSOLE_SOCKET is longer than the 107 bytes that a socket's path may have.",
        ),
    ],
)
def test_nonsense_gets_one_sentence(name, text, sentence):
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({f"RAPPORT_{name}": text})

    assert str(refused.value) == sentence


@pytest.mark.parametrize("name", ["DATABASE_URL", "OWNER_DATABASE_URL", "SECRET_KEY"])
def test_a_secret_may_come_from_a_file(name, tmp_path):
    value = KEY if name == "SECRET_KEY" else "postgresql://user:pass@db/rapport"
    (tmp_path / "secret").write_text(value + "\n")

    settings = Settings.from_environment({f"RAPPORT_{name}_FILE": str(tmp_path / "secret")})

    assert getattr(settings, name.lower()) == value


def test_a_secret_twice_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="RAPPORT_SECRET_KEY and RAPPORT_SECRET_KEY_FILE are both set"):
        Settings.from_environment({"RAPPORT_SECRET_KEY": KEY, "RAPPORT_SECRET_KEY_FILE": str(tmp_path)})


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read: No such file or directory."), (b"\xff", "not UTF-8 text."), (b" \n", "which is empty.")],
)
def test_a_secret_file_that_cannot_be_used_gets_one_sentence(content, reason, tmp_path):
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"RAPPORT_SECRET_KEY_FILE": str(file)})

    assert str(refused.value).endswith(reason)


def test_children_read_the_very_same_settings(tmp_path):
    settings = Settings(
        port=9000,
        data_dir=tmp_path,
        database_url="postgresql://app@db/r",
        regions=("ch", "eu"),
        region="ch",
        secret_key=KEY,
        access_log=False,
        console_socket=tmp_path / "s",
    )

    assert Settings.from_environment(settings.environment()) == settings


def test_a_printed_setting_shows_no_secret():
    shown = repr(
        Settings(database_url="postgresql://a:hunter2@db/r", owner_database_url="hunter2", secret_key="hunter2")
    )

    assert "hunter2" not in shown


def test_every_setting_is_documented():
    documented = Path(__file__).parents[1].joinpath("docs", "settings.md").read_text(encoding="utf-8")

    missing = [field.name for field in fields(Settings) if f"`RAPPORT_{field.name.upper()}`" not in documented]

    assert missing == []
