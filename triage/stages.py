"""The stages of a letter and the table of legal moves. Nothing else decides.

`MOVES` maps a verb to the moves it may make. A verb that a person may use carries the roles that
may use it. The store refuses any move that is not in this table, so the table *is* the rule.
"""

from dataclasses import dataclass
from enum import StrEnum

from triage.errors import Conflict


class Stage(StrEnum):
    """Where a letter is. Every stage is either worked by the machine, or seen by a person, or final."""

    COLLECTED = "collected"  # raw bytes kept, not yet read                         (machine)
    ASSESSED = "assessed"  # read; waiting for its draft                          (machine)
    DRAFTED = "drafted"  # a draft waits for a person                           (person)
    HELD = "held"  # risk R2 or R3: no routine draft, a person writes     (person)
    DECLINED = "declined"  # the draft was turned down; it needs rewriting        (person)
    STUCK = "stuck"  # the machine could not read it; the reason is shown   (person)
    APPROVED = "approved"  # signed; waits for the undo window or the next try    (machine)
    SENDING = "sending"  # handed to the mail server at this moment             (machine)
    UNKNOWN = "unknown"  # may or may not have been sent; never resent by itself (person)
    FAILED = "failed"  # the reply was refused for good, or did not arrive    (person)
    ANSWERED = "answered"  # the mail server has taken the reply                  (final)
    ASIDE = "aside"  # not a letter, or put aside; can be brought back      (final)
    LET_GO = "let_go"  # a person chose not to answer; can be brought back    (final)


class Verb(StrEnum):
    """One name everywhere: the command, the function, the audit row, the log."""

    COLLECT = "collect"
    ASSESS = "assess"
    DRAFT = "draft"
    TOPICS = "topics"
    REVISE = "revise"
    APPROVE = "approve"
    UNDO = "undo"
    DECLINE = "decline"
    LET_GO = "let-go"
    SET_ASIDE = "set-aside"
    BRING_BACK = "bring-back"
    SEND = "send"
    RECOVER = "recover"
    CONFIRM_SENT = "confirm-sent"
    SEND_AGAIN = "send-again"
    DETAILS = "details"
    TAKE = "take"
    HAND_OVER = "hand-over"
    SECOND_READ = "second-read"
    BOUNCE = "bounce"


class Role(StrEnum):
    """What a person may do. Each role may do what the ones before it may."""

    APPRENTICE = "apprentice"  # reads, writes drafts
    ADVISOR = "advisor"  # also signs: approves, declines, lets go
    EDITOR = "editor"  # also people, templates, facts, learning and settings


@dataclass(frozen=True, slots=True)
class Move:
    """One legal step: from a stage to a stage."""

    before: Stage
    after: Stage


_S = Stage
_OPEN = (_S.DRAFTED, _S.HELD, _S.DECLINED, _S.STUCK, _S.FAILED)


def _moves(before: tuple[Stage, ...], *after: Stage) -> frozenset[Move]:
    return frozenset(Move(b, a) for b in before for a in after)


MOVES: dict[Verb, frozenset[Move]] = {
    Verb.COLLECT: frozenset(),  # makes letters; moves none
    Verb.ASSESS: _moves((_S.COLLECTED,), _S.ASSESSED, _S.HELD, _S.ASIDE, _S.STUCK),
    # A draft that was declined is written anew when a person has set other topics.
    Verb.DRAFT: _moves((_S.ASSESSED,), _S.DRAFTED, _S.STUCK) | _moves((_S.DECLINED,), _S.DRAFTED),
    Verb.TOPICS: frozenset(),  # says what a letter is about; moves none
    Verb.REVISE: _moves(_OPEN, _S.DRAFTED),
    Verb.APPROVE: _moves((_S.DRAFTED,), _S.APPROVED),
    Verb.UNDO: _moves((_S.APPROVED,), _S.DRAFTED),
    Verb.DECLINE: _moves((_S.DRAFTED,), _S.DECLINED),
    Verb.LET_GO: _moves(_OPEN, _S.LET_GO),
    Verb.SET_ASIDE: _moves(_OPEN, _S.ASIDE),
    # Back to where the letter was: read again as a letter, held, or with the draft it had.
    Verb.BRING_BACK: _moves((_S.ASIDE, _S.LET_GO), _S.ASSESSED, _S.HELD, _S.DRAFTED, _S.STUCK),
    Verb.SEND: _moves((_S.APPROVED,), _S.SENDING)
    | _moves((_S.SENDING,), _S.ANSWERED, _S.APPROVED, _S.FAILED, _S.UNKNOWN)
    # A sender that was thought dead can still learn that the server took the reply.
    | _moves((_S.UNKNOWN,), _S.ANSWERED),
    # After a crash: before DATA nothing was sent; from DATA on nobody knows.
    Verb.RECOVER: _moves((_S.SENDING,), _S.APPROVED, _S.UNKNOWN)
    | _moves((_S.UNKNOWN,), _S.ANSWERED)
    # After a backup was restored: what was in line then may have been sent since, and what waited may be answered.
    | _moves((_S.APPROVED,), _S.UNKNOWN)
    | _moves((*_OPEN, _S.ASSESSED, _S.ASIDE, _S.LET_GO), _S.ANSWERED),
    Verb.CONFIRM_SENT: _moves((_S.UNKNOWN,), _S.ANSWERED),
    Verb.SEND_AGAIN: _moves((_S.UNKNOWN,), _S.APPROVED),
    # The mail server took it, and a mail system reports later that it did not arrive.
    Verb.BOUNCE: _moves((_S.ANSWERED, _S.UNKNOWN), _S.FAILED),
    Verb.DETAILS: frozenset(),  # says what a letter states
    Verb.TAKE: frozenset(),  # a person looks after a held letter
    Verb.HAND_OVER: frozenset(),  # says who sees to a letter
    Verb.SECOND_READ: frozenset(),  # somebody else finds a reply good
}

ALLOWED: dict[Verb, Role] = {
    Verb.TOPICS: Role.APPRENTICE,
    Verb.REVISE: Role.APPRENTICE,
    Verb.APPROVE: Role.ADVISOR,
    Verb.UNDO: Role.ADVISOR,
    Verb.DECLINE: Role.ADVISOR,
    Verb.LET_GO: Role.ADVISOR,
    Verb.SET_ASIDE: Role.ADVISOR,
    Verb.BRING_BACK: Role.ADVISOR,
    Verb.CONFIRM_SENT: Role.ADVISOR,
    Verb.SEND_AGAIN: Role.ADVISOR,
    Verb.DETAILS: Role.APPRENTICE,
    Verb.TAKE: Role.ADVISOR,
    Verb.HAND_OVER: Role.APPRENTICE,
    Verb.SECOND_READ: Role.ADVISOR,
}
"""The least role that may use each verb. Verbs that are not here belong to the machine."""


class Duty(StrEnum):
    """What people do at the desk apart from letters."""

    SEE_FIGURES = "see figures"
    SEE_FACTS = "see facts"
    SEE_TEMPLATES = "see templates"
    FACTS = "look after facts"
    TEMPLATES = "look after templates and voices"
    PEOPLE = "look after people"
    LEARNING = "look after learning"
    SETTINGS = "look after settings"


DUTIES: dict[Duty, Role] = {
    Duty.SEE_FIGURES: Role.ADVISOR,
    Duty.SEE_FACTS: Role.ADVISOR,
    Duty.SEE_TEMPLATES: Role.ADVISOR,
    Duty.FACTS: Role.EDITOR,
    Duty.TEMPLATES: Role.EDITOR,
    Duty.PEOPLE: Role.EDITOR,
    Duty.LEARNING: Role.EDITOR,
    Duty.SETTINGS: Role.EDITOR,
}
"""The least role for each duty."""

FOR_PEOPLE = (_S.UNKNOWN, _S.FAILED, _S.STUCK, _S.HELD, _S.DECLINED, _S.DRAFTED)
"""Stages in which a letter waits for a person, the most pressing first."""

_RANK = {role: rank for rank, role in enumerate(Role)}


def may(role: Role, verb: Verb) -> bool:
    """Whether a person with `role` may use `verb`."""
    least = ALLOWED.get(verb)
    return least is not None and _RANK[role] >= _RANK[least]


def has_duty(role: Role, duty: Duty) -> bool:
    """Whether `duty` belongs to a person with `role`."""
    return _RANK[role] >= _RANK[DUTIES[duty]]


def check(verb: Verb, before: Stage, after: Stage) -> None:
    """Raise Conflict unless `verb` may take a letter from `before` to `after`."""
    if Move(before, after) not in MOVES[verb]:
        raise Conflict(
            f"This letter is {SAID[before]}, so it cannot be {SAID_DONE.get(verb, 'changed')} now. "
            "Next: look at its current state."
        )


SAID: dict[Stage, str] = {
    _S.COLLECTED: "waiting to be read",
    _S.ASSESSED: "waiting for its draft",
    _S.DRAFTED: "waiting for your signature",
    _S.HELD: "held for a person",
    _S.DECLINED: "declined and waiting for a new draft",
    _S.STUCK: "stuck",
    _S.APPROVED: "approved and about to be sent",
    _S.SENDING: "being sent",
    _S.UNKNOWN: "perhaps sent",
    _S.FAILED: "refused or returned by a mail server",
    _S.ANSWERED: "answered",
    _S.ASIDE: "set aside",
    _S.LET_GO: "let go",
}
"""The stages in the words of the desk, to follow "This letter is"."""

SAID_DONE: dict[Verb, str] = {
    Verb.REVISE: "revised",
    Verb.APPROVE: "approved",
    Verb.UNDO: "called back",
    Verb.DECLINE: "declined",
    Verb.LET_GO: "let go",
    Verb.SET_ASIDE: "set aside",
    Verb.BRING_BACK: "brought back",
    Verb.CONFIRM_SENT: "marked as sent",
    Verb.SEND_AGAIN: "sent again",
}
