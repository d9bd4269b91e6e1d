# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every channel promises, as a test suite for authors of channels.

Derive a test class from ``ChannelContract`` in a test module and give it a pytest fixture ``pair`` that makes
a new ``ChannelPair`` for each test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trac_issuesync.core.errors import SyncError
from trac_issuesync.engine.ports import Channel, Fetched
from trac_issuesync.wire.naming import ack_name, hello_name, message_name

__all__ = ["ChannelContract", "ChannelPair"]

_DIGEST = "0123456789abcdef"


@dataclass(frozen=True)
class ChannelPair:
    """Two ends of one synchronization: ``a`` is the slave's, ``b`` the master's.

    ``limit`` is the most sealed bytes either takes. ``plant(name, data)`` puts something of that name where
    ``b`` looks, as a stranger or a partner with a higher limit could, past all checks of ``a``. ``lying()``
    tells the names of everything that lies there, and ``kept()`` the content that ``b`` set aside and keeps.
    """

    a: Channel
    b: Channel
    sync_id: str
    limit: int
    plant: Callable[[str, bytes], None]
    lying: Callable[[], set[str]]
    kept: Callable[[], list[bytes]]

    def name(self, number: int) -> str:
        """The name of a numbered message from ``a``."""
        return message_name(self.sync_id, "s", number)

    def all(self) -> list[Fetched]:
        """Everything that ``b`` can fetch now."""
        return list(self.b.fetch(1000))


class ChannelContract:
    """The promises; see the module."""

    def test_nothing_to_fetch(self, pair: ChannelPair) -> None:
        """An empty channel yields nothing and is no error."""
        assert pair.all() == []
        assert list(pair.a.fetch(10)) == []

    def test_delivered_is_fetched_at_the_other_end_only(self, pair: ChannelPair) -> None:
        """A message reaches the partner with its name and bytes, and never comes back to its sender."""
        pair.a.deliver(pair.name(1), b"sealed")
        assert [(found.name, found.data) for found in pair.all()] == [(pair.name(1), b"sealed")]
        assert list(pair.a.fetch(10)) == []

    def test_both_directions(self, pair: ChannelPair) -> None:
        """The two directions do not disturb each other, even with the same numbers."""
        pair.a.deliver(pair.name(1), b"from a")
        pair.b.deliver(message_name(pair.sync_id, "m", 1), b"from b")
        assert [found.data for found in pair.all()] == [b"from a"]
        assert [found.data for found in pair.a.fetch(10)] == [b"from b"]

    def test_lowest_name_first(self, pair: ChannelPair) -> None:
        """Whatever the order of delivery, messages come in the order of their names."""
        names = [pair.name(number) for number in (10, 2, 1, 1_000_000_000, 9)]
        names += [ack_name(pair.sync_id, "s", _DIGEST), hello_name(pair.sync_id, _DIGEST)]
        for name in reversed(names):
            pair.a.deliver(name, name.encode())
        assert [found.name for found in pair.all()] == sorted(names)

    def test_no_more_than_asked_for(self, pair: ChannelPair) -> None:
        """The limit counts messages, lowest first; the rest comes when those are done."""
        for number in (1, 2, 3):
            pair.a.deliver(pair.name(number), b"x")
        assert list(pair.b.fetch(0)) == []
        first = list(pair.b.fetch(2))
        assert [found.name for found in first] == [pair.name(1), pair.name(2)]
        for found in first:
            pair.b.done(found.handle)
        assert [found.name for found in pair.b.fetch(2)] == [pair.name(3)]

    def test_the_same_name_replaces(self, pair: ChannelPair) -> None:
        """A message sent again under its name takes the place of the first."""
        pair.a.deliver(pair.name(1), b"first")
        pair.a.deliver(pair.name(1), b"the second")
        assert [found.data for found in pair.all()] == [b"the second"]

    def test_not_done_comes_again(self, pair: ChannelPair) -> None:
        """A message that was fetched but not done, as after a crash, is there the next time."""
        pair.a.deliver(pair.name(1), b"sealed")
        first = pair.all()
        assert pair.all() == first

    def test_done_removes(self, pair: ChannelPair) -> None:
        """A message that is done does not come again, and others do."""
        pair.a.deliver(pair.name(1), b"one")
        pair.a.deliver(pair.name(2), b"two")
        pair.b.done(pair.all()[0].handle)
        assert [found.data for found in pair.all()] == [b"two"]

    def test_done_while_fetching(self, pair: ChannelPair) -> None:
        """Each message may be done before the next is asked for, and none is left out."""
        for number in (1, 2, 3):
            pair.a.deliver(pair.name(number), b"x")
        names = []
        for found in pair.b.fetch(10):
            names.append(found.name)
            pair.b.done(found.handle)
        assert names == [pair.name(1), pair.name(2), pair.name(3)]
        assert pair.all() == []

    def test_done_twice(self, pair: ChannelPair) -> None:
        """Doing a message twice is fine."""
        pair.a.deliver(pair.name(1), b"sealed")
        handle = pair.all()[0].handle
        pair.b.done(handle)
        pair.b.done(handle)
        assert pair.all() == []

    def test_done_spares_a_later_message_of_the_same_name(self, pair: ChannelPair) -> None:
        """A message delivered under the same name after the fetch is not taken for the first."""
        pair.a.deliver(pair.name(1), b"first")
        handle = pair.all()[0].handle
        pair.a.deliver(pair.name(1), b"other")
        pair.b.done(handle)
        pair.b.set_aside(handle, "forged", "It is not signed by the partner.")
        assert [found.data for found in pair.all()] == [b"other"]

    def test_set_aside_does_not_come_again(self, pair: ChannelPair) -> None:
        """A message that is not acceptable is out of the way, kept, and holds back no other."""
        pair.a.deliver(pair.name(1), b"bad")
        pair.a.deliver(pair.name(2), b"good")
        handle = pair.all()[0].handle
        pair.b.set_aside(handle, "forged", "It is not signed by the partner.")
        assert [found.data for found in pair.all()] == [b"good"]
        assert len(pair.kept()) == 1
        assert b"bad" in pair.kept()[0]

    def test_set_aside_twice_and_after_done(self, pair: ChannelPair) -> None:
        """Setting aside what is gone already is fine."""
        pair.a.deliver(pair.name(1), b"bad")
        handle = pair.all()[0].handle
        pair.b.set_aside(handle, "forged", "It is not signed by the partner.")
        pair.b.set_aside(handle, "forged", "It is not signed by the partner.")
        pair.b.done(handle)
        assert pair.all() == []

    def test_withdraw(self, pair: ChannelPair) -> None:
        """What is withdrawn in time is not fetched; names that are unknown or gone are passed over."""
        pair.a.deliver(pair.name(1), b"one")
        pair.a.deliver(pair.name(2), b"two")
        pair.a.withdraw([pair.name(1), pair.name(7), "no name at all", "../" + pair.name(2)])
        pair.a.withdraw([])
        assert [found.data for found in pair.all()] == [b"two"]

    def test_one_side_cannot_withdraw_the_other_s(self, pair: ChannelPair) -> None:
        """Only one's own messages are withdrawn."""
        pair.a.deliver(pair.name(1), b"one")
        pair.b.withdraw([pair.name(1)])
        assert [found.data for found in pair.all()] == [b"one"]

    def test_the_largest_message(self, pair: ChannelPair) -> None:
        """A message of exactly the limit travels; one byte more is refused to the sender in words."""
        pair.a.deliver(pair.name(1), b"x" * pair.limit)
        with pytest.raises(SyncError) as refused:
            pair.a.deliver(pair.name(2), b"x" * (pair.limit + 1))
        assert refused.value.code == "too-large"
        assert [len(found.data) for found in pair.all()] == [pair.limit]

    def test_too_large_is_set_aside_when_it_arrives(self, pair: ChannelPair) -> None:
        """A larger message, from a partner with another limit, is set aside and holds back no other."""
        pair.plant(pair.name(1), b"x" * (pair.limit + 1))
        pair.a.deliver(pair.name(2), b"good")
        assert [found.data for found in pair.all()] == [b"good"]
        assert pair.lying() == {pair.name(2)}

    def test_no_bytes_at_all(self, pair: ChannelPair) -> None:
        """An empty payload is a message too."""
        pair.a.deliver(pair.name(1), b"")
        assert [found.data for found in pair.all()] == [b""]

    def test_foreign_names_are_left_alone(self, pair: ChannelPair) -> None:
        """What is not a message of the partner in this synchronization is neither fetched nor removed."""
        foreign = {
            "holiday pictures",
            message_name("f" * 20, "s", 1),
            message_name(pair.sync_id, "m", 1),
            pair.name(1) + " (conflicted copy)",
        }
        for name in foreign:
            pair.plant(name, b"sealed")
        assert pair.all() == []
        assert pair.lying() == foreign

    @settings(
        deadline=None,
        max_examples=50,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(payloads=st.dictionaries(st.integers(1, 10**10 - 1), st.binary(max_size=2000), max_size=5))
    def test_any_bytes_under_any_number(self, pair: ChannelPair, payloads: dict[int, bytes]) -> None:
        """Any bytes under any numbers arrive unchanged and in order, and are gone once done."""
        for number, data in payloads.items():
            pair.a.deliver(pair.name(number), data)
        found = pair.all()
        assert [(one.name, one.data) for one in found] == [
            (pair.name(number), payloads[number]) for number in sorted(payloads)
        ]
        for one in found:
            pair.b.done(one.handle)
        assert pair.all() == []

    def test_the_test_finds_nothing_wrong(self, pair: ChannelPair) -> None:
        """A channel that works says so, and its test leaves nothing behind."""
        pair.a.deliver(pair.name(1), b"sealed")
        assert [finding for finding in pair.b.test() if not finding.ok] == []
        assert [finding for finding in pair.a.test() if not finding.ok] == []
        assert [found.data for found in pair.all()] == [b"sealed"]
        assert pair.lying() == {pair.name(1)}
