# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Passing over what cannot be applied of a parked change, by a person's word.

Only the refused values are passed over. They are recorded on both sides, and this side's values of those
fields go back as a change of its own, so that both sides are equal again.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding, default_option
from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import (
    AttachmentInfo,
    Change,
    ChangeKind,
    CommentRef,
    FieldChange,
    Loser,
    Shadow,
    Twin,
    TwinState,
)
from trac_issuesync.core.plan import LostEdit, Plan
from trac_issuesync.core.timing import wire_time
from trac_issuesync.core.vetting import leaving
from trac_issuesync.engine.apply import STORING_FAILED
from trac_issuesync.engine.apply_ticket import TicketApplier
from trac_issuesync.engine.attachments_in import pass_over
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.permits import forbidden_parts, unshared
from trac_issuesync.engine.records import AttachmentState, InboxChange, InboxState, Published
from trac_issuesync.engine.storage import TicketEditor
from trac_issuesync.engine.versions import Versions
from trac_issuesync.engine.vetting import Admission, Admitted
from trac_issuesync.engine.writing import TicketWriter

__all__ = ["skip", "skip_held"]

# A ticket without these is none that anybody wants.
_NEEDED = frozenset({"summary", "type"})


def skip(link: Link, number: int, author: str) -> str:
    """Skip the parked change ``number`` as decided by ``author``; says in a sentence what became of it.

    Raises Invalid, and changes nothing, where it is not parked. The caller holds the lease.
    """
    row = next((r for r in link.store.refused(link.id) if r.change.number == number), None)
    if row is None or row.state is InboxState.SKIPPED:
        raise Invalid(f"No change {number} is parked here.", "unknown-id")
    uid = row.change.ticket
    admission = Admission(link)
    admission.ask([uid])
    with link.store.transaction():
        versions = Versions(link)
        first = link.store.inbox(link.id, [uid]).get(uid, [row])[0]
        if first.change.number != number or versions.in_force is None:
            raise Invalid(f"Change {first.change.number} of the ticket comes first.", "order")
        twin = link.store.twins(link.id, [uid]).get(uid)
        numbers = [twin.ticket] if twin is not None else []
        logged = link.store.logged(link.id, numbers)
        skipper = _Skipper(link, versions, admission, link.store.counters(link.id), logged, {})
        told = skipper.skip(row, twin, author)
        skipper.write()
    return told


def skip_held(link: Link, number: int, author: str) -> str:
    """Let a held change of ours leave as an empty one, so that its ticket goes on; says so in a sentence.

    What it said stays on record here. Raises Invalid, and changes nothing, where it is not held, or creates
    the ticket. The caller holds the lease.
    """
    with link.store.transaction():
        row = next((r for r in link.store.held(link.id) if r.number == number and r.reason), None)
        if row is None:
            raise Invalid(f"No change {number} of ours is held back here.", "unknown-id")
        (change,) = link.store.outbox(link.id, [number])
        if change.kind is ChangeKind.CREATE:
            text = f"Change {number} creates the ticket at the partner; without it nothing else could go."
            raise Invalid(text, "create")
        kind = ChangeKind.EDIT if change.kind is ChangeKind.ATTACHMENT else change.kind
        empty = replace(change, kind=kind, fields=(), comment="", attachment=None)
        twin = link.store.twins(link.id, [row.uid]).get(row.uid)
        # What later changes replaced is what the partner has, and never what did not leave.
        final = leaving(change, empty, twin.shadow if twin is not None else {})
        link.store.drop_changes(link.id, [number])
        link.store.add_changes(link.id, [final.change])
        link.store.unhold(link.id, [row.uid])
        if twin is not None and final.shadow:
            link.store.save_twins(link.id, [replace(twin, shadow={**twin.shadow, **final.shadow})])
        if change.attachment is not None:
            _keep_bytes(link, change, change.attachment, row.reason)
        left = [*(field.name for field in change.fields), *(["comment"] if change.comment else [])]
        what = ", ".join(left) or change.kind.value
        text = f"{author} let change {number} of {change.author} leave without {what}: {row.reason}."
        link.log("skipped", text, ticket=twin.ticket if twin is not None else 0, problem=True)
    return text


def _keep_bytes(link: Link, change: Change, info: AttachmentInfo, reason: str) -> None:
    """Of an attachment that is not announced the bytes stay here, too, unless another one has the same."""
    key = (change.ticket, link.sync.role, change.time)
    records = link.store.attachments_with(link.id, info.sha256)
    kept = [r for r in records if (r.uid, r.side, r.origin) == key]
    skipped = [replace(r, state=AttachmentState.SKIPPED, reason=reason) for r in kept]
    link.store.save_attachments(link.id, skipped)
    if not any(r.state is AttachmentState.KNOWN and r not in kept for r in records):
        link.store.drop_blob(link.id, info.sha256, outgoing=True)


class _Skipper(TicketApplier):
    """Applies a change without what is refused of it."""

    _reason = ""
    _refused: Mapping[str, str] = {}
    _left = False
    _vetoed = False
    _may_write = True

    def skip(self, row: InboxChange, twin: Twin | None, author: str) -> str:
        """Deal with the change and say what was passed over."""
        answer = self._admission.of(row)
        self._vetoed = not isinstance(answer, Admitted)
        self._admitted = answer if isinstance(answer, Admitted) else Admitted(row.change, {})
        change, self._reason = self._admitted.change, row.reason
        version = self.versions.bound(change.version)
        hidden = self._hidden(twin)
        outcome = None
        if version is not None and not hidden:
            twin, editor = self._open(twin)
            outcome = self._apply(row, change.ticket, twin, editor, version, frozenset())
        self.parked.clear()
        if outcome is None:
            self._left = True
            twin = self._moved(twin or Twin(change.ticket, 0, 0, state=TwinState.GONE), change)
            pass_over(self.link, twin, row.change, self._gathered, row.reason)
        else:
            twin = outcome[0]
        self._finish(row)
        if self._left:
            self._done.remove(change.number)
            self.parked.append(replace(row, state=InboxState.SKIPPED))
        what = ", ".join(sorted(self._refused)) or ("nothing" if outcome is not None else "all of it")
        text = f"{author} skipped {what} of change {change.number} of {change.author}: {row.reason}."
        self._log("skipped", text, twin, row.message)
        return text

    def _plan(
        self,
        change: Change,
        twin: Twin | None,
        editor: TicketEditor | None,
        version: Published,
        later: frozenset[str],
    ) -> Plan:
        def planned(refused: Mapping[str, str]) -> Plan:
            instead = self._admitted.instead
            return self.versions.plan(change, version, twin, editor, frozenset(), instead, refused)

        plan = planned({})
        not_permitted = forbidden_parts(self.link, plan, twin)
        if not_permitted:
            plan = planned(not_permitted)
        binding = self.versions.binding(version)
        whole = self._vetoed or (not plan.refused and self._reason.startswith(STORING_FAILED))
        if twin is None:
            if whole or unshared(plan, binding.types) or _NEEDED.intersection(plan.refused):
                return Plan(refusal=self._reason)
        elif whole:
            names = [*(field.name for field in change.fields), "comment"]
            plan = planned(dict.fromkeys(names, self._reason))
        self._refused = plan.refused
        self._may_write = not not_permitted and not self._vetoed
        self._left = "comment" in plan.refused
        self._send_back(plan, change, twin, editor, binding)
        return plan

    def _send_back(
        self,
        plan: Plan,
        change: Change,
        twin: Twin | None,
        editor: TicketEditor | None,
        binding: Binding,
    ) -> None:
        """This side's values of what is refused, as results that name what they drop."""
        fields = {field.name: field for field in change.fields if field.name in plan.refused}
        known = twin.shadow if twin is not None else {}
        ours = {
            name: shadow
            for name in fields
            if (shadow := known.get(name) or self._shown(name, editor, binding)) is not None
        }
        self._left |= len(ours) < len(fields)
        side = self.link.sync.role
        before = [s for shadow in ours.values() for s in (shadow.stamp, shadow.mine_stamp)]
        stamp = wire_time(max([self.link.clock.now(), *(f.stamp + 1 for f in fields.values()), *before]) + 1)
        for name, shadow in ours.items():
            theirs, kept = fields[name], (shadow.mine_author or self.link.sync.user, shadow.mine_time)
            if (
                theirs.settles
                and theirs.dropped == shadow.value
                and self._may_write
                and name in binding.fields
            ):
                # Each side refuses the other's value, so they meet where both have something to show.
                empty = default_option(binding.fields[name], "")
                shadow = replace(shadow, value=empty, local=None)
                plan.put_back[name] = empty
            loser = Loser(side.other, change.author, change.time, *kept)
            old = theirs.value if theirs.old else ""
            answer = FieldChange(name, shadow.value, stamp, old, theirs.value, loser, settles=True)
            plan.answers.append(answer)
            plan.shadow[name] = replace(shadow, stamp=stamp)
            edits = (shadow.value, *kept, theirs.value, change.author, change.time)
            plan.lost.append(LostEdit(name, *edits, side, resolved=True))

    def _shown(self, name: str, editor: TicketEditor | None, binding: Binding) -> Shadow | None:
        """What is shown here of a field that is not known to have been shared; None for no such comment."""
        ref = CommentRef.parse(name)
        if editor is None:
            return Shadow(default_option(binding.fields[name], "") if ref is None else "", 0)
        if ref is None:
            local = editor.snapshot.values.get(name, "")
            value = binding.to_contract(name, local)
            return Shadow(value, 0, None if value == local else local)
        writer = TicketWriter(self.link, self._gathered, editor, self._known(editor.snapshot.number))
        at = writer.comment_time(ref)
        texts = [e.new for e in editor.snapshot.log if e.time == at and e.field == "comment"]
        return Shadow(texts[0], 0) if texts else None
