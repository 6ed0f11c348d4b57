"""Walks a letter through every durable step in a process of its own, and dies where it is told to.

Run as a program this is a nursery: it loads everything once and then, for each line of JSON on
standard input, forks a child that does the whole walk. A child with `"crash": n` kills itself
(SIGKILL) at the n-th checkpoint; the answer line says how the child ended.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cast import ALI, TestClock, make_desk
from triage.desk import collecting, deciding, reading, sending
from triage.errors import Conflict
from triage.mailbox.folder import FolderMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.settings import Server
from triage.stages import Stage
from triage.store import letters


def killer(at: int | None) -> Callable[[str, str], None]:
    """A checkpoint that counts, and kills the process at the `at`-th one."""
    seen = 0

    def checkpoint(name: str, moment: str) -> None:
        nonlocal seen
        if name == "migrate":
            return
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    return checkpoint


def walk(order: dict[str, Any]) -> None:
    """Every step once: collect, assess, draft, approve, send, settle."""
    clock = TestClock()
    clock.forward(hours=order["hour"])
    desk = make_desk(order["database"], clock=clock, checkpoint=killer(order.get("crash")))
    box = FolderMailbox("advice", Path(order["letters"]), settle_seconds=0)
    outbox = SmtpOutbox(Server(host="127.0.0.1", port=order["port"], tls="none"), local_hostname="desk.example")
    collecting.collect(desk, box)
    reading.assess(desk)
    reading.draft(desk)
    for slip in letters.slips(desk.db, [Stage.DRAFTED]):
        try:
            deciding.approve(desk, slip.id, ALI)
        except Conflict:
            continue
    sending.send(desk, lambda _account: outbox, ignore_undo=True)
    sending.settle(desk, lambda _account: box)
    outbox.stop()
    desk.db.close()


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                walk(json.loads(line))
            except BaseException as error:  # the parent has to learn of it
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
