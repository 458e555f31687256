"""Ids of records: one range a group, in order, that tells its moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rapport.db.write import Actor
from rapport.groups import ids
from rapport.groups.group import Group
from rapport.groups.submission import Decision, Submission
from rapport.records.decide import State
from rapport.records.receipt import Prepared, Receipt

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(MOMENTS, st.integers(0, ids.LIMIT - 1))
def test_an_id_is_a_uuid_version_7_that_tells_the_millisecond_of_its_group(moment: datetime, place: int) -> None:
    first = ids.first(moment)
    record = ids.following(first, place)
    assert (record.version, record.variant, first.int % ids.LIMIT) == (7, "specified in RFC 4122", 0)
    assert ids.moment_of(record) == moment - timedelta(microseconds=moment.microsecond % 1000)
    assert ids.following(record, -place) == first


@given(MOMENTS)
def test_two_groups_of_one_millisecond_share_no_id(moment: datetime) -> None:
    assert ids.first(moment).int // ids.LIMIT != ids.first(moment).int // ids.LIMIT


def test_fifty_bits_are_the_groups_own_chance() -> None:
    """Each of them is sometimes set and sometimes not."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    drawn = [ids.first(moment).int for _ in range(200)]
    always, ever = drawn[0], 0
    for number in drawn:
        always, ever = always & number, ever | number
    assert (ever & ~always).bit_count() == 50


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), MOMENTS)
def test_the_records_of_a_group_have_one_range_in_their_order(sizes: list[int], moment: datetime) -> None:
    """Those that are refused too; and another range with each try."""

    def decided() -> Group:
        queue = [_submission(size) for size in sizes]
        group = Group(queue, State(object), moment, {})
        assert [None for _ in group.decide()] == []
        return group

    one, other = decided(), decided()
    made = [receipt.record for result in one.results for receipt in result.receipts]
    assert made[0] == one.first == one.results[0].request
    assert all(ids.following(record, 1) == following for record, following in pairwise(made))
    assert [result.request for result in one.results] == [result.receipts[0].record for result in one.results]
    assert one.first.int // ids.LIMIT != other.first.int // ids.LIMIT


def _submission(size: int) -> Submission:
    """Records of which every other one is refused."""
    records = [Prepared({}) for _ in range(size)]
    for record in records[::2]:
        record.errors["record.Email"] = ["wrong"]
    return Submission(
        actor=Actor("app", None),
        request_id="r",
        type=Decision(lambda state, record: Receipt("unchanged")),
        records=records,
        keep_sent=False,
        single=size == 1,
    )
