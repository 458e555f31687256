"""What the server processes are given."""

from __future__ import annotations

import os
import stat

import click
import pytest

from rapport.cli.server import surroundings, with_secret_key
from rapport.settings import Settings


def test_a_secret_key_is_made_once_and_only_for_us(tmp_path):
    settings = Settings(data_dir=tmp_path / "var")

    key = with_secret_key(settings)

    assert len(key) >= 32
    assert with_secret_key(settings) == key
    assert [file.name for file in settings.data_dir.iterdir()] == ["secret_key"]
    assert stat.S_IMODE((settings.data_dir / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700


def test_a_secret_key_that_is_set_is_used(tmp_path):
    settings = Settings(data_dir=tmp_path / "var", secret_key="k" * 32)

    assert with_secret_key(settings) == "k" * 32
    assert not settings.data_dir.exists()


def test_a_data_directory_that_cannot_keep_it_gets_one_sentence(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(click.ClickException, match=r"^The secret key cannot be kept in .*file: File exists; set"):
        with_secret_key(Settings(data_dir=tmp_path / "file"))


def test_children_get_our_settings_and_no_file_that_would_contradict_them(monkeypatch):
    monkeypatch.setenv("RAPPORT_SECRET_KEY_FILE", "/run/secret")
    monkeypatch.setenv("RAPPORT_PORT", "1")
    settings = Settings(port=9000, secret_key="k" * 32)

    environment = surroundings(settings)

    assert environment["PATH"] == os.environ["PATH"]
    assert Settings.from_environment(environment) == settings
