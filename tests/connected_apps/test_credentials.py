from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.connected_apps import credentials
from rapport.ingest.auth import tenant_of

LARGEST = 2**31 - 1


@given(st.integers(1, LARGEST))
def test_a_credential_names_its_tenant_to_both_processes(tenant_id: int) -> None:
    client_id, token = credentials.new_client_id(tenant_id), credentials.new_token(tenant_id)
    assert credentials.tenant_of_client(client_id) == tenant_id
    assert credentials.tenant_of_token(token) == tenant_of(token, "rt") == tenant_id
    assert credentials.tenant_of_token(client_id) is None
    assert credentials.tenant_of_client(token) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert credentials.tenant_of_client(text) is None
    assert len(credentials.digest(text)) == 32


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rt_1_",
        "rt__" + "a" * 43,
        "rt_1_" + "a" * 42,
        "rt_1_" + "a" * 44,
        "rt_1_" + "a" * 42 + "ä",
        "rt_1_" + "a" * 42 + "\n",
        "rt_zik0zk_" + "a" * 43,
        "rt_A_" + "a" * 43,
        "rt_\uff11_" + "a" * 43,
        "rt_-1_" + "a" * 43,
    ],
)
def test_what_is_no_token_names_no_tenant(text: str) -> None:
    assert credentials.tenant_of_token(text) is None


def test_no_two_credentials_are_alike() -> None:
    assert len({credentials.new_secret() for _ in range(100)}) == 100
