from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport import credentials

LARGEST = 2**31 - 1


@given(st.integers(1, LARGEST))
def test_a_credential_names_its_tenant(tenant_id: int) -> None:
    client_id, token = credentials.new(credentials.CLIENT, tenant_id), credentials.new(credentials.TOKEN, tenant_id)
    assert credentials.tenant_of(client_id, credentials.CLIENT) == tenant_id
    assert credentials.tenant_of(token, credentials.TOKEN) == tenant_id
    assert credentials.tenant_of(client_id, credentials.TOKEN) is None
    assert credentials.tenant_of(token, credentials.CLIENT) is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    assert credentials.tenant_of(text, credentials.CLIENT) is None
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
    assert credentials.tenant_of(text, credentials.TOKEN) is None


def test_no_two_credentials_are_alike() -> None:
    assert len({credentials.new_secret() for _ in range(100)}) == 100
