from __future__ import annotations

from tests.cli.conftest import rows

PEOPLE = "Id,E-mail\n1,ada@example.com\n2,bob@example.com\n3,ada@EXAMPLE.com\n"


def test_a_file_is_added_listed_and_lifted(rapport, cast, tmp_path):
    def run(act, *arguments, of=cast.alice):
        return rapport("suppressions", act, *arguments, "--tenant", of.tenant.slug)

    file = tmp_path / "gone.csv"
    file.write_text(PEOPLE + "4,nobody\n5,x y\n")
    refused = run("add", str(file))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "Line 5: nobody is no e-mail address" in refused.stderr
    assert "Line 6: x y is no e-mail address" in refused.stderr
    file.write_bytes(b"\0")
    assert "must be text or CSV" in run("add", str(file)).stderr
    assert list(rows(run("list", "--json"))) == []
    file.write_text(PEOPLE)
    assert run("add", str(file), "--reason", "Asked").stdout == "2 get nothing from now on; 0 were there already.\n"
    [again] = rows(run("add", str(file), "--json"))
    assert again == {"added": 0, "present": 2}
    [ada, _] = rows(run("list", "--list", "unsubscribe", "--json"))
    assert (ada["address"].lower(), ada["source"], ada["reason"], ada["active"]) == (
        "ada@example.com",
        "file",
        "Asked",
        True,
    )
    assert list(rows(run("list", "--list", "bounce", "--json"))) == list(rows(run("list", "--json", of=cast.charlie)))
    assert run("lift", ada["id"], "--reason", "x", of=cast.charlie).exit_code == 1
    assert run("lift", ada["id"], "--reason", "Asked for it").exit_code == 0
    assert "lifted already" in run("lift", ada["id"], "--reason", "Again").stderr
    assert [row["active"] for row in rows(run("list", "--json"))] == [False, True, False]
