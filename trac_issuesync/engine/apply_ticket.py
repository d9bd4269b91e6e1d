# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Applying the waiting changes of one ticket inside the current transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from trac_issuesync.core.authors import author_label, reporter_of_theirs
from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import Change, ChangeKind, Twin, TwinState
from trac_issuesync.core.plan import Plan, after_answer
from trac_issuesync.engine.attachments_in import announce, pass_over
from trac_issuesync.engine.collect import collect_ticket
from trac_issuesync.engine.gathered import Gathered, settled_text
from trac_issuesync.engine.heal_apply import adopt, local_ticket, prepared, tells_of_nothing
from trac_issuesync.engine.hooks import Stopped
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.origin import DECLINED_HERE, declined
from trac_issuesync.engine.permits import forbidden, unshared
from trac_issuesync.engine.records import (
    ConflictRecord,
    Counters,
    InboxChange,
    InboxState,
    LogLine,
    Published,
)
from trac_issuesync.engine.storage import TicketEditor
from trac_issuesync.engine.versions import Versions
from trac_issuesync.engine.vetting import Admission, Admitted
from trac_issuesync.engine.writing import Logged, TicketWriter, mark_for_others, settled

__all__ = ["TicketApplier"]


class TicketApplier:
    """Applies ticket after ticket within one transaction and stores the bookkeeping at its end.

    ``applied`` counts changes dealt with; ``parked`` are those that wait with a reason now, ``refused``
    counts those of them that were not told before. ``elsewhere`` holds, of the uids that are not paired yet,
    the twins in other synchronizations.
    """

    def __init__(
        self,
        link: Link,
        versions: Versions,
        admission: Admission,
        counters: Counters,
        logged: dict[int, Logged],
        elsewhere: Mapping[str, Twin],
    ) -> None:
        self.link, self.versions, self._admission = link, versions, admission
        self._elsewhere = elsewhere
        self.applied = 0
        self.refused = 0
        self.parked: list[InboxChange] = []
        self._counters, self._logged = counters, logged
        self._gathered = Gathered()
        self._done: list[int] = []
        self._lines: list[LogLine] = []
        self._recorder = self._make_recorder()
        self._touched: set[int] = set()
        self._news = False
        self._admitted: Admitted

    def run(self, uid: str, rows: Sequence[InboxChange], twin: Twin | None) -> Iterator[InboxChange]:
        """Apply the changes of one ticket, yielding each before it is touched; a gap or refusal ends it."""
        twin = self._gathered.twins.get(uid, twin)
        hidden = self._hidden(twin)
        twin, editor = (twin, None) if hidden else self._open(twin)
        if twin is None and rows and rows[0].change.heal is not None:
            binding, other = self._recorder.binding, self._elsewhere.get(uid)
            found, private = local_ticket(self.link, binding, uid, other)
            hidden = self._hidden(found) or private
            if found is not None and not hidden:
                known = self._known(found.ticket)
                twin, editor = adopt(self.link, self._recorder, self._gathered, found, known)
        applied = 0
        for index, row in enumerate(rows):
            seen = twin.seen if twin is not None else 0
            if row.change.number <= seen or (twin is None and tells_of_nothing(row.change)):
                self._late(row, twin)
                continue
            version = self.versions.bound(row.change.version)
            if row.state is InboxState.PARKED or row.change.after > seen or version is None:
                break
            answer = self._admission.of(row)
            if answer is None:
                break
            yield row
            if hidden or isinstance(answer, Stopped):
                self._park(row, twin, hidden or str(answer))
                break
            self._admitted = answer
            later = frozenset(f.name for other in rows[index + 1 :] for f in other.change.fields)
            outcome = self._apply(row, uid, twin, editor, version, later)
            if outcome is None:
                break
            twin, editor = outcome
            self._finish(row)
            applied += 1
        if applied and twin is not None:
            many = "s" * (applied > 1)
            self._log("applied", f"Applied {applied} change{many} of the partner.", twin, rows[0].message)

    def write(self) -> None:
        """Store everything that goes with the writes to the tickets."""
        link, recorder = self.link, self._recorder
        self._gathered.write(link)
        link.store.drop_inbox(link.id, self._done)
        link.store.save_inbox(link.id, self.parked)
        link.store.add_log(link.id, self._lines)
        current = link.store.counters(link.id)
        link.save_counters(
            replace(
                current,
                change=recorder.change,
                synthetic=recorder.synthetic,
                report_owed=current.report_owed or self._news,
            )
        )
        mark_for_others(link, self._touched)

    def _apply(
        self,
        row: InboxChange,
        uid: str,
        twin: Twin | None,
        editor: TicketEditor | None,
        version: Published,
        later: frozenset[str],
    ) -> tuple[Twin, TicketEditor | None] | None:
        change = self._admitted.change
        if change.heal is not None and twin is not None and editor is not None:
            known = self._known(twin.ticket)
            twin, change = prepared(self.link, self._recorder, self._gathered, twin, editor, change, known)
            self._admitted = replace(self._admitted, change=change)
        if twin is not None and twin.state is TwinState.DECLINED:
            return self._reject(row, twin, DECLINED_HERE), None
        if change.kind is ChangeKind.CREATE and change.heal is None and uid in self._elsewhere:
            return self._decline(row, uid, twin), None
        if twin is None and change.kind is not ChangeKind.CREATE:
            self._park(row, None, "it belongs to a ticket that has never been received")
            return None
        if twin is not None and twin.state is TwinState.GONE:
            gone = "the ticket was deleted here" if twin.ticket else "its creation was skipped here"
            return self._reject(row, twin, gone), None
        if change.kind is ChangeKind.GONE and twin is not None:
            self._log("gone", "The partner deleted its ticket; this one stays.", twin, row.message, True)
            return self._moved(replace(twin, state=TwinState.PARTNER_GONE), change), editor
        if change.kind is ChangeKind.ATTACHMENT and twin is not None:
            announce(self.link, twin, change, self._gathered, self._lines)
            # A report asks for the bytes.
            self._news |= change.heal is not None
            return self._moved(twin, change), editor
        return self._apply_fields(row, uid, twin, editor, version, later)

    def _apply_fields(
        self,
        row: InboxChange,
        uid: str,
        twin: Twin | None,
        editor: TicketEditor | None,
        version: Published,
        later: frozenset[str],
    ) -> tuple[Twin, TicketEditor | None] | None:
        change = self._admitted.change
        plan = self._plan(change, twin, editor, version, later)
        if plan.refusal:
            self._park(row, twin, plan.refusal)
            return None
        self._create_options(plan)
        if twin is None or editor is None:
            plan.passed += [ref.field for ref in plan.comments]
            editor, twin = self._create(uid, change, plan)
            self._write(editor, change, Plan(comment=plan.comment))
        else:
            self._label_reporter(uid, plan)
            self._write(editor, change, plan)
        self._touched.add(twin.ticket)
        twin = self._moved(settled(twin, editor, plan), change)
        self._conflicts(twin, change, plan)
        twin = self._answer(twin, plan)
        if plan.passed:
            names = ", ".join(sorted(plan.passed))
            self._log("passed", f"Not taken from change {change.number}: {names}.", twin, row.message, True)
        return self._gathered.keep(twin), editor

    def _plan(
        self,
        change: Change,
        twin: Twin | None,
        editor: TicketEditor | None,
        version: Published,
        later: frozenset[str],
    ) -> Plan:
        """What the change means here, with a refusal also where the project does not permit it."""
        plan = self.versions.plan(change, version, twin, editor, later, self._admitted.instead, None)
        plan.passed += self._admitted.left_out
        plan.refusal = plan.refusal or forbidden(self.link, plan, twin)
        if twin is None:
            plan.refusal = plan.refusal or unshared(plan, self.versions.binding(version).types)
        return plan

    def _create_options(self, plan: Plan) -> None:
        for name, value in plan.create:
            if not self.link.tracker.add_option(name, value):
                raise Denied(f"{name} {value[:80]!r} cannot be created here.", "option")
            self.link.log("created", f"Created {name} {value!r}, which a change of the partner names.")
        if plan.create:
            self.versions.forget()
            self._recorder = self._make_recorder(self._recorder)

    def _create(self, uid: str, change: Change, plan: Plan) -> tuple[TicketEditor, Twin]:
        values = {name: shadow.shown for name, shadow in plan.shadow.items() if name not in plan.passed}
        label = self.link.sync.settings.label
        values["reporter"] = reporter_of_theirs(values.get("reporter", change.author), label)
        now = self.link.clock.now()
        editor = self.link.tracker.create(values, min(max(change.time, 1), now))
        snapshot = editor.snapshot
        twin = Twin(uid, snapshot.number, snapshot.created, last=self._recorder.base)
        self._bury(snapshot.number)
        self.link.store.add_birth(self.link.id, uid, snapshot.number)
        self._logged[snapshot.number] = {}
        return editor, twin

    def _label_reporter(self, uid: str, plan: Plan) -> None:
        """Only on a ticket born here may a partner's change bring back the bare name of a user of ours."""
        shown = plan.values.get("reporter")
        if shown and not uid.startswith(f"{self.link.store.environment()}/"):
            plan.values["reporter"] = reporter_of_theirs(shown, self.link.sync.settings.label)

    def _bury(self, number: int) -> None:
        """SQLite may give the number of the newest ticket again before anybody noticed its deletion."""
        former = self.link.store.twins_of_tickets(self.link.id, [number]).get(number)
        if former is not None:
            former = self._gathered.twins.get(former.uid, former)
        if former is not None and former.state is not TwinState.GONE:
            self._gathered.bury(self._recorder, former)

    def _write(self, editor: TicketEditor, change: Change, plan: Plan) -> None:
        writer = TicketWriter(self.link, self._gathered, editor, self._known(editor.snapshot.number))
        label = self._admitted.author or author_label(change.author, self.link.sync.settings.label)
        if plan.values or plan.comment.strip():
            maker = change.heal if change.kind is ChangeKind.EDIT else None
            writer.edit(plan.values, plan.comment, label, change.time, maker)
        for ref, text in plan.comments.items():
            at = writer.comment_time(ref)
            if at is None:
                plan.passed.append(ref.field)
            else:
                writer.edit_comment(at, text, label, change.time)
        if plan.put_back:
            writer.edit(plan.put_back, "", self.link.sync.user, None)

    def _conflicts(self, twin: Twin, change: Change, plan: Plan) -> None:
        for name in plan.settled:
            self._gathered.settle(twin, name)
            self._log("resolved", settled_text(name, change.author), twin, 0)
        for lost in plan.lost:
            self._gathered.conflicts.append(
                ConflictRecord(
                    twin.uid,
                    twin.ticket,
                    lost.field,
                    change.number,
                    lost.mine,
                    lost.mine_author,
                    lost.mine_time,
                    lost.theirs,
                    lost.theirs_author,
                    lost.theirs_time,
                    lost.winner.value,
                    self.link.clock.now(),
                    resolved=lost.resolved,
                    beside=lost.beside,
                )
            )
            text = f"{lost.field} was edited on both sides; the {lost.winner.value}'s value stands."
            if lost.resolved:
                text = (
                    f"{lost.field}: the {lost.winner.value}'s value stands, as an administrator has decided."
                )
            self._log("conflict", text, twin, 0, not lost.resolved)

    def _answer(self, twin: Twin, plan: Plan) -> Twin:
        """The master's result of a merge goes out as a change of its own, even if it equals what it had."""
        if not plan.answers:
            return twin
        recorder = self._recorder
        number, user, now = recorder.change + 1, recorder.user, recorder.now
        version = recorder.contract.version
        shadow = {
            a.name: after_answer(twin.shadow[a.name], a, number, user, now, version) for a in plan.answers
        }
        change, twin = recorder.record(
            twin,
            ChangeKind.EDIT,
            user,
            now,
            recorder.next_synthetic(),
            plan.answers,
            shadow=shadow,
        )
        self._gathered.changes.append(change)
        return twin

    def _hidden(self, twin: Twin | None) -> str:
        """Why a ticket must not even be opened: what people did to it would be captured, and leave."""
        user = self.link.sync.user
        if twin is None or twin.state is TwinState.GONE:
            return ""
        if self.link.tracker.may(user, "TICKET_VIEW", twin.ticket):
            return ""
        return f"the synchronization user {user} may not view the ticket"

    def _open(self, twin: Twin | None) -> tuple[Twin | None, TicketEditor | None]:
        """Lock the ticket and capture what is not captured yet: an edit saved before counts as unseen."""
        if twin is None or twin.state is TwinState.GONE:
            return twin, None
        editor = self.link.tracker.open(twin.ticket)
        if editor is None or editor.snapshot.created != twin.created:
            return self._gathered.bury(self._recorder, twin), None
        known = self._known(twin.ticket)
        twin = collect_ticket(self.link, self._recorder, self._gathered, twin, editor.snapshot, known)
        return twin, editor

    def _known(self, ticket: int) -> Logged:
        return self._logged.setdefault(ticket, {})

    def _finish(self, row: InboxChange) -> None:
        self._done.append(row.change.number)
        self.applied += 1
        # The partner still shows it as parked here.
        self._news |= bool(row.reason)

    def _late(self, row: InboxChange, twin: Twin | None) -> None:
        """Its number was passed: a duplicate, or a partner that does not count on."""
        text = (
            f"Change {row.change.number} of {row.change.author} was passed over: a later one is here already."
        )
        self._log("passed", text, twin, row.message, True)
        self._finish(row)

    def _moved(self, twin: Twin, change: Change) -> Twin:
        return self._gathered.keep(replace(twin, seen=change.number))

    def _park(self, row: InboxChange, twin: Twin | None, reason: str) -> None:
        self.parked.append(replace(row, state=InboxState.PARKED, reason=reason))
        if row.reason != reason:
            # Tried again in vain, it is known on both sides already.
            text = f"Change {row.change.number} of {row.change.author} waits: {reason}."
            self._log("parked", text, twin, row.message, True)
            self._news = True
            self.applied += 1
            self.refused += 1

    def _reject(self, row: InboxChange, twin: Twin, reason: str) -> Twin:
        text = f"Change {row.change.number} of {row.change.author} was not applied: {reason}."
        self._log("rejected", text, twin, row.message, True)
        pass_over(self.link, twin, row.change, self._gathered, reason)
        return self._moved(twin, row.change)

    def _decline(self, row: InboxChange, uid: str, twin: Twin | None) -> Twin:
        other = self._elsewhere[uid]
        editor = self.link.tracker.open(other.ticket) if other.state is not TwinState.GONE else None
        here = editor is not None and editor.snapshot.created == other.created
        if twin is None and here:
            self._bury(other.ticket)
        twin = declined(uid, twin, other, here=here)
        self.link.store.add_birth(self.link.id, uid, 0)
        self._log("declined", f"Not taken in again: {DECLINED_HERE}.", twin, row.message)
        return self._moved(twin, row.change)

    def _log(self, event: str, text: str, twin: Twin | None, message: int, problem: bool = False) -> None:
        ticket = twin.ticket if twin is not None else 0
        self._lines.append(LogLine(self.link.clock.now(), event, text, ticket, message, problem=problem))

    def _make_recorder(self, before: Recorder | None = None) -> Recorder:
        version = self.versions.in_force
        if version is None:
            raise RuntimeError("changes are applied only while a contract is in force")
        binding = self.versions.binding(version)
        recorder = self.link.recorder(version.contract, binding, self._counters)
        if before is not None:
            recorder.change, recorder.synthetic = before.change, before.synthetic
        return recorder
