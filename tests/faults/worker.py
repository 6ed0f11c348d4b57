"""Processes of a desk that work until they are killed, or freeze where they are told to.

Run as a program this is a nursery: it loads everything once and forks a child for each piece of work. It takes one
line of JSON for each command and answers with one number:

    work     a child that goes on with every step until it is killed; its process id
    send     a child that sends once and freezes (SIGSTOP) at the checkpoint in "freeze"; its process id
    signal   send a child a signal; 0
    wait     until a child has ended or is frozen: its exit code, negative for a signal

Children are waited for here, so that no process id is used again while somebody may still want to kill its process.
"""

import json
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.cast import inbox, make_desk
from triage.desk import Desk, acknowledging, collecting, reading, sending
from triage.errors import TriageError
from triage.mailbox.imap import ImapMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.settings import Inbox, Server

PAUSE = 0.02  # seconds between two rounds of a step


def office(order: dict[str, Any], checkpoint: Callable[[str, str], None] | None = None) -> tuple[Desk, Inbox]:
    """The desk of an order, on real time moved on by its hours, and its inbox."""
    imap = Server(host="127.0.0.1", port=order["imap"], tls="none", user=order["user"], password=order["password"])
    smtp = Server(host="127.0.0.1", port=order["smtp"], tls="none")
    box = inbox(imap=imap, smtp=smtp, acknowledgement="Your letter has arrived.", after_collect="flag")
    later = timedelta(hours=order["hours"])
    desk = replace(
        make_desk(order["database"], checkpoint=checkpoint),
        clock=lambda: datetime.now(UTC) + later,
        token=lambda: secrets.token_hex(8),
        inboxes={"advice": box},
        undo=timedelta(0),
    )
    return desk, box


def steps(desk: Desk, box: Inbox) -> list[Callable[[], object]]:
    """What the schedule rings, each with doors of its own."""
    collected, filed = ImapMailbox(box), ImapMailbox(box)
    outbox = SmtpOutbox(box.smtp, local_hostname="desk.example")

    def send() -> None:
        if not sending.send(desk, lambda _account: outbox).busy:
            acknowledging.send(desk, lambda _account: outbox)

    def read() -> None:
        reading.assess(desk)
        reading.draft(desk)

    return [
        lambda: collecting.poll(desk, collected),
        read,
        send,
        lambda: sending.settle(desk, lambda _account: filed),
    ]


def _work(order: dict[str, Any]) -> None:
    desk, box = office(order)

    def for_ever(step: Callable[[], object]) -> None:
        while True:
            try:
                step()
            except TriageError:
                time.sleep(PAUSE)
            time.sleep(PAUSE)

    first, *others = steps(desk, box)
    for step in others:
        threading.Thread(target=for_ever, args=(step,), daemon=True).start()
    for_ever(first)


def _send(order: dict[str, Any]) -> None:
    def checkpoint(name: str, moment: str) -> None:
        if [name, moment] == order["freeze"]:
            os.kill(os.getpid(), signal.SIGSTOP)

    desk, box = office(order, checkpoint)
    outbox = SmtpOutbox(box.smtp, local_hostname="desk.example")
    sending.send(desk, lambda _account: outbox)


def _forked(work: Callable[[dict[str, Any]], None], order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work(order)
        code = 0
    except BaseException as error:  # the parent has to learn of it
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:  # whatever ends it, the loop of the parent is not the child's
        os._exit(code)


def _done(order: dict[str, Any]) -> int:
    match order["do"]:
        case "work":
            return _forked(_work, order)
        case "send":
            return _forked(_send, order)
        case "signal":
            os.kill(order["pid"], order["signal"])
            return 0
        case _:
            _, status = os.waitpid(order["pid"], os.WUNTRACED)
            return -os.WSTOPSIG(status) if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)


def main() -> None:
    for line in sys.stdin:
        print(_done(json.loads(line)), flush=True)


if __name__ == "__main__":
    main()
