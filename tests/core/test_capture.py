# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""From Trac's log to changes: nothing missed, nothing twice, whatever the clocks did."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding, binding_of
from trac_issuesync.core.capture import (
    Captured,
    Recorder,
    capture_gone,
    capture_new,
    capture_twin,
    change_id,
    ticket_uid,
)
from trac_issuesync.core.contract import first_contract
from trac_issuesync.core.log_groups import edits_of, initial_value
from trac_issuesync.core.model import (
    ChangeKind,
    CommentRef,
    FieldChange,
    LogEntry,
    Policy,
    Side,
    TicketSnapshot,
    Twin,
    TwinState,
    Unknown,
)
from trac_issuesync.testing.sim_catalogue import default_catalogue

CATALOGUE = default_catalogue()
CONTRACT = first_contract(CATALOGUE, Policy.NEWEST)
BINDING = binding_of(Side.MASTER, "GLOBEX", Unknown.PARK, CATALOGUE, CONTRACT, (None, None))
VALUES = {"summary": "Broken", "reporter": "alice", "type": "defect", "status": "new", "priority": "major"}


def recorder(change: int = 0, synthetic: int = 0, binding: Binding = BINDING) -> Recorder:
    """Numbers going on from ``change``; the time of synthetic changes is 9,000."""
    return Recorder(Side.MASTER, CONTRACT, binding, "issuesync", 9_000, change, synthetic)


def ticket(log: tuple[LogEntry, ...] = (), **values: str) -> TicketSnapshot:
    """Ticket 7, created at 100."""
    return TicketSnapshot(7, 100, 100, {**VALUES, **values}, log, ())


def row(time: int, field: str, old: str, new: str, author: str = "alice") -> LogEntry:
    """A row of the log."""
    return LogEntry(time, author, field, old, new)


def twin_of(snapshot: TicketSnapshot) -> Twin:
    """The twin once ``snapshot`` has been captured as new."""
    return capture_new(recorder(), "acme/7/100", snapshot, history=True).twin


def recorded(captured: Captured) -> dict[tuple[int, str], int | None]:
    """What the store knows of the log afterwards."""
    return dict.fromkeys(captured.entries)


def test_rows_of_one_time_are_one_edit() -> None:
    """Fields and comment that were saved at once travel together, with author and time."""
    log = (row(200, "comment", "1", "Done."), row(200, "priority", "major", "minor"), row(300, "cc", "", "x"))
    first, second = edits_of(ticket(log), {}, Side.MASTER)
    assert (first.time, first.author, first.comment) == (200, "alice", "Done.")
    assert first.values == {"priority": ("major", "minor")}
    assert first.entries == ((200, "comment"), (200, "priority"))
    assert second.values == {"cc": ("", "x")}


def test_recorded_rows_are_no_edits() -> None:
    """Neither what was captured before nor what was applied from the partner goes out again."""
    log = (row(200, "priority", "a", "b"), row(300, "priority", "b", "c"))
    edits = edits_of(ticket(log), {(200, "priority"): None, (300, "priority"): 250}, Side.MASTER)
    assert edits == []


def test_a_row_that_commits_late_is_captured_whatever_its_time() -> None:
    """An edit below times that are recorded already is found by its own row, with its comment."""
    early = row(200, "comment", "1", "from the slow request", "carol")
    (edit,) = edits_of(ticket((early, row(300, "summary", "a", "b"))), {(300, "summary"): None}, Side.MASTER)
    assert (edit.time, edit.comment, edit.author) == (200, "from the slow request", "carol")


def test_an_edited_comment_goes_out_with_its_first_text_and_then_each_edit() -> None:
    """The log holds the latest text under the comment's time; the older ones are in its revisions."""
    log = (
        row(200, "comment", "1", "third"),
        row(200, "_comment0", "first", "400", "bob"),
        row(200, "_comment1", "second", "500", "carol"),
    )
    written, one, two = edits_of(ticket(log), {}, Side.MASTER)
    assert written.comment == "first"
    name = CommentRef(Side.MASTER, 200).field
    assert (one.values, one.time, one.author) == ({name: ("first", "second")}, 400, "bob")
    assert (two.values, two.time, two.author) == ({name: ("second", "third")}, 500, "carol")


def test_a_clock_that_stepped_back_does_not_edit_a_comment_before_it_exists() -> None:
    """Edits at times below the comment's, or below each other, keep their order and their true times."""
    log = (
        row(200, "comment", "1", "third"),
        row(200, "_comment0", "first", "150"),
        row(200, "_comment1", "second", "120"),
    )
    edits = edits_of(ticket(log), {}, Side.MASTER)
    assert [edit.time for edit in edits] == [200, 150, 120]
    assert [text for edit in edits[1:] for _, text in edit.values.values()] == ["second", "third"]


def test_ten_revisions_are_in_the_order_of_their_numbers() -> None:
    """``_comment10`` comes after ``_comment9``, though not in the order of the alphabet."""
    rows = [row(200, f"_comment{n}", f"text {n}", str(300 + n)) for n in range(12)]
    log = (row(200, "comment", "1", "text 12"), *sorted(rows, key=lambda entry: entry.field))
    edits = edits_of(ticket(log), {}, Side.MASTER)[1:]
    assert [next(iter(edit.values.values()))[1] for edit in edits] == [f"text {n}" for n in range(1, 13)]


def test_an_edit_of_the_partners_comment_names_it_by_its_original_time() -> None:
    """The comment was stored here at 200 and written there at 180."""
    log = (row(200, "comment", "1", "better", "bob (GLOBEX)"), row(200, "_comment0", "good", "400"))
    (edit,) = edits_of(ticket(log), {(200, "comment"): 180}, Side.MASTER)
    assert list(edit.values) == [CommentRef(Side.SLAVE, 180).field]


def test_a_revision_without_a_readable_time_counts_from_the_comment() -> None:
    """A row that another plugin mangled stops nothing."""
    log = (row(200, "comment", "1", "b"), row(200, "_comment0", "a", "yesterday"), row(300, "_odd", "x", "y"))
    edits = edits_of(ticket(log), {}, Side.MASTER)
    assert [edit.time for edit in edits] == [200, 200]


def test_the_oldest_row_tells_what_a_field_held_at_first() -> None:
    """Whatever the order of the rows; a field without rows holds what it holds."""
    log = (row(300, "priority", "minor", "blocker"), row(200, "priority", "major", "minor"))
    assert initial_value(ticket(log), "priority", "blocker") == "major"
    assert initial_value(ticket(log), "summary", "Broken") == "Broken"


def test_a_new_ticket_goes_out_as_it_was_made_and_then_its_history() -> None:
    """Creation with the first values at the creation's time, then each edit; numbers follow each other."""
    log = (row(200, "priority", "trivial", "major", "bob"), row(200, "comment", "1", "More.", "bob"))
    captured = capture_new(recorder(), "acme/7/100", ticket(log), history=True)
    created, edit = captured.changes
    values = {field.name: field.value for field in created.fields}
    assert (created.kind, created.time, created.author) == (ChangeKind.CREATE, 100, "alice")
    assert (values["priority"], values["reporter"]) == ("trivial", "m:alice")
    assert set(values) == set(BINDING.fields)
    assert (edit.author, edit.time, edit.comment) == ("bob", 200, "More.")
    assert [(c.number, c.after) for c in captured.changes] == [(1, 0), (2, 1)]
    assert (captured.twin.last, captured.twin.shadow["priority"].value) == (2, "major")
    assert set(captured.entries) == {(200, "priority"), (200, "comment")}


def test_without_history_the_current_content_is_the_creation() -> None:
    """One change, and all rows of the log are recorded, so that they never go out."""
    log = (row(200, "priority", "trivial", "major"), row(200, "comment", "1", "More."))
    captured = capture_new(recorder(), "acme/7/100", ticket(log), history=False)
    (created,) = captured.changes
    assert {f.name: f.value for f in created.fields}["priority"] == "major"
    again = capture_twin(recorder(1), captured.twin, ticket(log), recorded(captured))
    assert (again.changes, again.entries) == ((), ())


def test_capturing_twice_gives_nothing_new() -> None:
    """What was captured is recorded and in the shadow; the second look finds nothing."""
    log = (row(200, "priority", "trivial", "major"), row(300, "comment", "1", "More."))
    first = capture_new(recorder(), "acme/7/100", ticket(log), history=True)
    second = capture_twin(recorder(3), first.twin, ticket(log), recorded(first))
    assert second == Captured(first.twin)


def test_the_same_edit_always_has_the_same_id() -> None:
    """Ids come from ticket, kind and log row, not from numbers: a repeated capture hits the unique key."""
    base = twin_of(ticket())
    log = (row(200, "priority", "major", "minor"),)
    one = capture_twin(recorder(1), base, ticket(log, priority="minor"), {})
    two = capture_twin(recorder(70), base, ticket(log, priority="minor"), {})
    assert [c.id for c in one.changes] == [c.id for c in two.changes]
    assert one.changes[0].number != two.changes[0].number
    other = capture_twin(recorder(1), replace(base, uid="acme/8/100"), ticket(log, priority="minor"), {})
    assert other.changes[0].id != one.changes[0].id
    assert change_id("u", ChangeKind.EDIT, "x") != change_id("u", ChangeKind.GONE, "x")


def test_what_no_row_explains_follows_as_one_synthetic_change() -> None:
    """A rename by SQL leaves no row: one change by the synchronization user, and then quiet."""
    base = twin_of(ticket())
    log = (row(200, "summary", "Broken", "Burnt"),)
    renamed = ticket(log, summary="Burnt", priority="p1", component="core")
    captured = capture_twin(recorder(1), base, renamed, {})
    edit, synthetic = captured.changes
    assert edit.fields[0].name == "summary"
    assert {f.name: f.value for f in synthetic.fields} == {"priority": "p1", "component": "core"}
    assert (synthetic.author, synthetic.time, synthetic.after) == ("issuesync", 9_000, edit.number)
    again = capture_twin(recorder(3, 1), captured.twin, renamed, recorded(captured))
    assert again.changes == ()


def test_renaming_forth_and_back_and_forth_is_three_changes() -> None:
    """Synthetic changes have ids of their own, or the third would be taken for the first."""
    twin, counter, ids = twin_of(ticket()), recorder(1), set()
    for value in ("x", "major", "x"):
        captured = capture_twin(counter, twin, ticket(priority=value), {})
        twin = captured.twin
        ids |= {change.id for change in captured.changes}
    assert len(ids) == 3


def test_an_edit_that_was_undone_before_capture_is_still_told() -> None:
    """Forth and back are two edits with authors and comments, though the ticket looks the same."""
    log = (row(200, "priority", "major", "minor", "bob"), row(300, "priority", "minor", "major", "alice"))
    captured = capture_twin(recorder(1), twin_of(ticket()), ticket(log), {})
    assert [(c.author, c.fields[0].value) for c in captured.changes] == [("bob", "minor"), ("alice", "major")]


def test_fields_that_are_not_shared_stay_here() -> None:
    """Their rows are recorded and their values do not leave; an edit of nothing else is no change."""
    log = (row(200, "cc", "", "boss@example.org"), row(300, "private", "", "secret"))
    captured = capture_twin(recorder(1), twin_of(ticket()), ticket(log, cc="boss@example.org"), {})
    assert captured.changes == ()
    assert captured.entries == ((200, "cc"), (300, "private"))


def test_the_stamp_is_above_that_of_the_value_replaced_and_the_time_stays_true() -> None:
    """A clock that stepped back to 150 after an edit at 200."""
    base = capture_twin(
        recorder(1), twin_of(ticket()), ticket((row(200, "summary", "a", "b"),), summary="b"), {}
    )
    late = ticket((row(150, "summary", "b", "c"),), summary="c")
    (change,) = capture_twin(recorder(2), base.twin, late, {}).changes
    assert change.time == 150
    assert change.fields[0].stamp == base.twin.shadow["summary"].stamp + 1


def test_only_kinds_that_merge_carry_the_value_they_replace() -> None:
    """Keywords and description bring their base along; a scalar does not."""
    old = ticket(keywords="a", description="one")
    log = tuple(row(200, name, "stale", "new") for name in ("keywords", "description", "summary"))
    captured = capture_twin(
        recorder(1), twin_of(old), ticket(log, keywords="new", description="new", summary="new"), {}
    )
    olds = {field.name: field.old for field in captured.changes[0].fields}
    assert olds == {"keywords": "a", "description": "one", "summary": ""}


def test_every_change_says_what_it_has_seen() -> None:
    """The vector is written at capture: the partner's last change applied to this very ticket."""
    twin = replace(twin_of(ticket()), seen=41)
    (change,) = capture_twin(
        recorder(8), twin, ticket((row(200, "summary", "a", "b"),), summary="b"), {}
    ).changes
    assert (change.seen, change.number, change.after) == (41, 9, 1)


def test_a_shown_value_that_is_local_is_no_difference() -> None:
    """An owner unknown here shows as another text; that is not an edit of this side."""
    base = twin_of(ticket())
    shadow = {**base.shadow, "owner": replace(base.shadow["owner"], value="stranger", local="")}
    assert capture_twin(recorder(1), replace(base, shadow=shadow), ticket(), {}).changes == ()


def test_a_comment_of_blanks_alone_is_no_change() -> None:
    """Its row is recorded all the same."""
    captured = capture_twin(recorder(1), twin_of(ticket()), ticket((row(200, "comment", "1", " \n"),)), {})
    assert captured.changes == ()
    assert captured.entries == ((200, "comment"),)


def test_times_before_1970_travel_as_zero() -> None:
    """An imported ticket with an absurd time stops nothing; the protocol knows no negative times."""
    snapshot = TicketSnapshot(7, -5, -5, VALUES, (), ())
    (created,) = capture_new(recorder(), "acme/7/-5", snapshot, history=True).changes
    assert created.time == 0
    assert all(field.stamp == 0 for field in created.fields)


def test_a_deleted_ticket_is_told_once_more_and_its_shadow_forgotten() -> None:
    """``gone`` follows the last change, by the synchronization user."""
    captured = capture_gone(recorder(3), twin_of(ticket()))
    (gone,) = captured.changes
    assert (gone.kind, gone.author, gone.number, gone.after) == (ChangeKind.GONE, "issuesync", 4, 1)
    assert (captured.twin.state, captured.twin.shadow) == (TwinState.GONE, {})


def test_a_number_given_again_is_another_ticket() -> None:
    """The identity holds the time of creation."""
    assert ticket_uid("acme", ticket()) == "acme/7/100"
    assert ticket_uid("acme", replace(ticket(), created=101)) != ticket_uid("acme", ticket())


def test_a_field_is_set_once_in_a_change() -> None:
    """``FieldChange`` names are unique in every captured change, as the protocol demands."""
    log = (row(200, "summary", "a", "b"), row(200, "comment", "1", "c"))
    for change in capture_new(recorder(), "acme/7/100", ticket(log), history=True).changes:
        names = [field.name for field in change.fields]
        assert len(set(names)) == len(names)
        assert all(isinstance(field, FieldChange) for field in change.fields)
