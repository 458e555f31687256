"""What is printed: JSON that survives every pipe, tables that no caller's data can disturb."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from rapport.cli.output import PAGE, write_json, write_rows


def test_json_keeps_everything_in_ascii(capsys):
    write_json({"at": datetime(2026, 1, 2, tzinfo=UTC), "id": UUID(int=1), "text": "é\ud800\n", "none": None})

    line = capsys.readouterr().out
    assert line.isascii()
    assert json.loads(line) == {
        "at": "2026-01-02T00:00:00Z",
        "id": "00000000-0000-0000-0000-000000000001",
        "text": "é\ud800\n",
        "none": None,
    }


def test_a_table_has_a_head_and_even_columns(capsys):
    write_rows(
        [{"name": "a", "last_used_at": None}, {"name": "long", "last_used_at": 1}],
        ["name", "last_used_at"],
        as_json=False,
    )

    assert capsys.readouterr().out == "NAME  LAST USED AT\na\nlong  1\n"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\nb", r"a\nb"),
        ("\u202egnp", r"\u202egnp"),
        ("\ud800", r"\ud800"),
        ("Zoë 字", "Zoë 字"),
        ({"Name": "Дм\x1b"}, '{"Name": "Дм\\u001b"}'),
        (["a", "b"], "a b"),
        ({"id": "1", "name": "Acme"}, "Acme"),
        ({"email": [None, "a@b"]}, '{"email": [null, "a@b"]}'),
    ],
)
def test_what_a_caller_sent_cannot_steer_the_terminal(value, shown, capsys):
    write_rows([{"v": value}], ["v"], as_json=False)

    assert capsys.readouterr().out.splitlines()[1] == shown


def test_rows_are_printed_as_they_come(capsys):
    def endless():
        for number in range(PAGE + 1):
            if number == PAGE:
                assert f"\n{PAGE - 1}\n" in capsys.readouterr().out
            yield {"n": number}

    write_rows(endless(), ["n"], as_json=False)


def test_no_rows_print_nothing(capsys):
    write_rows([], ["n"], as_json=False)

    assert capsys.readouterr().out == ""
