"""What a person does, from the command line: letters, show, revise, approve and the rest."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from triage import drafting
from triage.cli.context import Context, acting, letter_number, pass_context, person
from triage.desk import Desk, deciding, learning
from triage.records import Dossier, Person, Slip
from triage.stages import Stage
from triage.store import finding
from triage.store import letters as store
from triage.store.filters import NOBODY, Filters

_WHY = click.option("--why", default="", help="A reason, kept in the letter's history.")


def _slip(slip: Slip) -> dict[str, Any]:
    return {
        "id": slip.id,
        "stage": slip.stage,
        "subject": slip.subject,
        "from": str(slip.sender),
        "received_at": slip.received_at.isoformat(),
        "topics": list(slip.topics),
        "urgency": slip.urgency,
        "risk": slip.risk,
        "assigned_to": slip.assigned_to,
        "taken_by": slip.taken_by,
        "deadline": slip.deadline.isoformat() if slip.deadline else None,
    }


def _dossier(dossier: Dossier) -> dict[str, Any]:
    draft = dossier.draft
    return _slip(dossier.slip) | {
        "topics_set_by": _set_by(dossier),
        "body": dossier.letter.body if dossier.letter else "",
        "quoted": dossier.letter.quoted if dossier.letter else "",
        "draft": {
            "revision": draft.revision,
            "subject": draft.subject,
            "body": draft.body,
            "gaps": list(draft.gaps),
            "answers": [
                {"question": answer.question.text, "topic": answer.topic, "answer": answer.text}
                for answer in draft.making.answers
            ],
            "warnings": list(draft.making.warnings),
            "blocks": list(draft.blocks),
        }
        if draft
        else None,
        "history": [
            {
                "at": row.at.isoformat(),
                "who": row.who,
                "verb": row.verb,
                "from": row.before,
                "to": row.after,
                "revision": row.revision,
                "why": row.why,
            }
            for row in dossier.history
        ],
    }


def _set_by(dossier: Dossier) -> str | None:
    """Who set the topics, where a person did."""
    decision = dossier.decision
    return decision.person if decision and decision.origin == "corrected" else None


@click.command()
@click.option("--stage", type=click.Choice([stage.value for stage in Stage]), help="Only letters in this stage.")
@click.option("--topic", help="Only letters about this topic.")
@click.option("--risk", type=click.Choice(["R0", "R1", "R2", "R3"]), help="Only letters of this risk.")
@click.option("--assigned", help="Only letters that this person sees to or has taken; nobody: those without anyone.")
@click.option("--search", "words", help='Only letters with all of these words, the best first; "a phrase" in quotes.')
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
@pass_context
def letters(
    context: Context,
    *,
    stage: str | None,
    topic: str | None,
    risk: str | None,
    assigned: str | None,
    words: str | None,
    as_json: bool,
) -> None:
    """List the letters, the most pressing first."""
    with context.service() as service:
        if topic and topic not in (known := learning.topics(service.desk)):
            raise click.ClickException(f"There is no topic {topic!r}. Known: {', '.join(known)}.")
        filters = Filters(
            topic=topic or None,
            stage=Stage(stage) if stage else None,
            person=NOBODY if assigned == "nobody" else assigned,
            risk=risk,
        )
        if words is None:
            found = [(slip, "") for slip in store.slips(service.desk.db, limit=100_000, filters=filters)]
        else:
            hits = finding.search(service.desk.db, words, filters=filters, limit=finding.LOOKED_THROUGH)
            found = [(hit.slip, " ".join("".join(text for text, _ in hit.excerpt).split())) for hit in hits.hits]
            if hits.more:
                click.echo(
                    f"More than {finding.LOOKED_THROUGH:,} letters have these words: the newest are listed.", err=True
                )
    if as_json:
        rows = [_slip(slip) | ({"excerpt": excerpt} if words is not None else {}) for slip, excerpt in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    if not found:
        click.echo("No letters.", err=True)
    for slip, excerpt in found:
        topics = ", ".join(slip.topics) or slip.kind or "not read yet"
        click.echo(f"{slip.id:>6}  {slip.stage:<9} {slip.urgency:<2} {slip.risk:<2}  {slip.subject[:50]:<50}  {topics}")
        if excerpt:
            click.echo(f"        {excerpt}")


@click.command()
@letter_number
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@pass_context
def show(context: Context, letter_id: int, as_json: bool) -> None:
    """Show a letter, its draft and its history."""
    with context.service() as service:
        dossier = store.dossier(service.desk.db, letter_id)
    if as_json:
        click.echo(json.dumps(_dossier(dossier), ensure_ascii=False))
        return
    slip, letter, draft = dossier.slip, dossier.letter, dossier.draft
    click.echo(f"Letter {slip.id} is {slip.stage}. {slip.reason}".strip())
    set_by = f" (set by {who})" if (who := _set_by(dossier)) else ""
    click.echo(f"From: {slip.sender}\nSubject: {slip.subject}\nTopics: {', '.join(slip.topics) or '-'}{set_by}\n")
    click.echo(letter.body if letter else "(not read yet)")
    if draft:
        click.echo(f"\n--- Draft, revision {draft.revision} by {draft.author} ---\n{draft.subject}\n\n{draft.body}")
        for reason in (*draft.gaps, *draft.blocks, *draft.making.warnings):
            click.echo(f"! {reason}")


@click.command()
@letter_number
@acting
@click.option("--file", "path", required=True, type=click.Path(path_type=Path), help="The text; - for standard input.")
@click.option("--subject", help="Another subject line.")
@pass_context
def revise(context: Context, letter_id: int, name: str, path: Path, subject: str | None) -> None:
    """Save a new revision of the draft."""
    body = sys.stdin.read() if str(path) == "-" else _text(path)
    with context.service() as service:
        draft = store.dossier(service.desk.db, letter_id).draft
        revision = deciding.revise(
            service.desk,
            letter_id,
            person(service, name),
            subject=subject or (draft.subject if draft else ""),
            body=body,
            base=draft.revision if draft else 0,
        )
    click.echo(f"Saved as revision {revision}.", err=True)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read as UTF-8 text: {error}") from error


@click.command()
@letter_number
@acting
@click.option("--revision", type=int, help="The revision that was read (default: the latest).")
@click.option("--to", "recipient", help="Who gets the reply, where the letter names two addresses.")
@click.option("--from", "sender", help="The address that it comes from, where the inbox has several.")
@click.option("--without-line", is_flag=True, help="Take out the line that waits for your own words.")
@pass_context
def approve(
    context: Context,
    letter_id: int,
    name: str,
    *,
    revision: int | None,
    recipient: str | None,
    sender: str | None,
    without_line: bool,
) -> None:
    """Approve the draft; it is sent when the undo window is over."""
    with context.service() as service:
        who, draft = person(service, name), store.dossier(service.desk.db, letter_id).draft
        if without_line and draft is not None:
            body, base = drafting.without_own_line(draft.body), revision or draft.revision
            revision = deciding.revise(service.desk, letter_id, who, subject=draft.subject, body=body, base=base)
        reply = deciding.approve(service.desk, letter_id, who, revision=revision, recipient=recipient, sender=sender)
    click.echo(f"Approved: to {reply.recipient}, not before {reply.undo_until:%H:%M:%S} UTC.", err=True)


def _decision(name: str, act: Callable[..., object], text: str, done: str) -> click.Command:
    """A command for a verb that takes a letter, a person and a reason."""

    @click.command(name, help=text)
    @letter_number
    @click.option("--as", "who", required=True, help="Who acts.")
    @_WHY
    @pass_context
    def command(context: Context, letter_id: int, who: str, why: str) -> None:
        with context.service() as service:
            act(service.desk, letter_id, person(service, who), why)
        click.echo(f"Letter {letter_id} is {done}.", err=True)

    return command


def _undo(desk: Desk, letter_id: int, who: Person, _why: str) -> None:
    deciding.undo(desk, letter_id, who)


COMMANDS = (
    letters,
    show,
    revise,
    approve,
    _decision("undo", _undo, "Call an approved reply back before it is sent.", "back at the desk"),
    _decision("decline", deciding.decline, "Turn the draft down; the letter waits for a new one.", "declined"),
    _decision("let-go", deciding.let_go, "Choose not to answer a letter.", "let go"),
    _decision("set-aside", deciding.set_aside, "Put a letter with the mail that gets no reply.", "set aside"),
    _decision("bring-back", deciding.bring_back, "Return a letter that was set aside or let go.", "back"),
    _decision("confirm-sent", deciding.confirm_sent, "Say that an unknown reply did go out.", "answered"),
    _decision("send-again", deciding.send_again, "Send an unknown reply once more.", "approved again"),
)
