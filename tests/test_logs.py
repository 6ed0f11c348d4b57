"""The log holds numbers, kinds and names of inboxes, for people and for programs, and never anything of a letter."""

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import ALI, ROOT, mail, mailbox_with, make_desk
from tests.web.conftest import TakingOutbox
from triage import logs
from triage.desk import collecting, deciding, reading, sending, watching
from triage.errors import ConfigError

LEVELS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
EVENT = re.compile(r"(%s|[a-z][a-z,' -]*)( [a-z]+=%([ds]|\.3f))*(\n%s)?")
"""What happened, then values by their names, then the frames of an exception."""
KIND = "type(error).__name__"
WORDS = {
    "kind": {KIND, "kind", "it.kind", "trouble.kind"},
    "step": {"self.name"},
    "account": {
        "account",
        "self.account",
        "self.key.account",
        "mailbox.account",
        "inbox.name",
        "known.account",
        "sent.reply.account",
        "self._inbox.name",
    },
    "stage": {"after"},
    "result": {"phase", "after"},
    "action": {"report.action"},  # one of three
    "sent": {"not error"},
    "complete": {"not hindered"},
    "anyway": {"anyway"},
    "used": {"wanted"},
    "status": {"status"},
    "late": {"late"},
    "role": {"role"},
    "setting": {"name"},
    "fact": {"fact.reference"},
    "name": {"name"},  # of a template
    "": {"verb", "did"},  # which of a few words
    "frames": {"frames", "frames(error)"},
}
"""The expressions that may stand for each name that is no number: none of them can hold what a reader wrote."""


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of a logger in the package, with where it is."""
    for path in sorted((ROOT / "triage").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = node.func.value
            if node.func.attr in LEVELS and isinstance(owner, ast.Name) and owner.id in ("log", "logger", "logging"):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def faults(call: ast.Call) -> Iterator[str]:
    """What is wrong with a call."""
    assert isinstance(call.func, ast.Attribute)
    arguments = call.args[1:] if call.func.attr == "log" else call.args
    if not arguments or not isinstance(arguments[0], ast.Constant) or not isinstance(arguments[0].value, str):
        yield "the event is not written out"
        return
    event, values = arguments[0].value, arguments[1:]
    if call.keywords or call.func.attr == "exception":
        yield "the text of an exception may quote a letter"
    if not EVENT.fullmatch(event):
        yield f"{event!r} is not an event with values by their names"
    places = re.findall(r"(?:([a-z]+)=|(\n)|^)%([ds]|\.3f)", event)
    if len(places) != len(values):
        yield "not every value has its place"
    for (name, line, form), value in zip(places, values, strict=False):
        said = ast.unparse(value)
        if form == "s" and said not in WORDS.get("frames" if line else name, set()):
            yield f"{said} is not known to be free of letters"


def test_no_line_of_the_log_can_hold_anything_of_a_letter() -> None:
    found = list(calls())
    assert len(found) > 40, "the search itself works"
    assert [(where, list(faults(call))) for where, call in found if list(faults(call))] == []


@pytest.mark.parametrize(
    "written",
    [
        'log.info("read letter=%s", letter.subject)',
        'log.info(f"read {letter.subject}")',
        'log.info("read %s", letter_id)',
        'log.warning("failed kind=%s", error)',
        'log.exception("failed")',
        'log.error("failed", exc_info=True)',
        'log.error("failed letter=%d\\n%s", letter_id, traceback.format_exc())',
    ],
)
def test_the_rule_catches_whoever_breaks_it(written: str) -> None:
    [statement] = ast.parse(written).body
    assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    assert list(faults(statement.value))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """Where the log of a test goes; afterwards logging is as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield tmp_path / "triage.log"
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:], level = before
    root.setLevel(level)


def test_programs_get_one_object_a_line_with_the_same_values(log_file: Path) -> None:
    logs.log_to(str(log_file), logs.JSON)
    log = logging.getLogger("triage.test")
    log.info("approved letter=%d revision=%d", 7, 2)
    log.error("step failed step=%s kind=%s\n%s", "collect-advice", "KeyError", '  File "x.py", line 1\n    x["é"]\n')
    log.warning("letter=%d kind=%s", 8, "")
    first, second, third = lines(log_file)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", str(first.pop("time")))
    assert first == {"level": "info", "logger": "triage.test", "event": "approved", "letter": 7, "revision": 2}
    assert second["event"] == "step failed" and second["step"] == "collect-advice"
    assert second["frames"] == '  File "x.py", line 1\n    x["é"]\n'
    assert (third["event"], third["letter"], third["kind"]) == ("", 8, "")


def test_a_value_cannot_pass_for_the_time_or_the_level_of_a_line(log_file: Path) -> None:
    logs.log_to(str(log_file), logs.JSON)
    logging.getLogger("triage.test").info("x level=%s logger=%s time=%s event=%s", "none", "other", "never", "mallory")
    [line] = lines(log_file)
    assert (line["level"], line["logger"], line["event"]) == ("info", "triage.test", "x")


def test_an_error_that_a_library_logs_is_named_and_not_quoted(log_file: Path) -> None:
    logs.log_to(str(log_file), logs.JSON)
    try:
        raise ValueError("I lost the job in May.")
    except ValueError:
        logging.getLogger("some.library").exception("it failed")
    [line] = lines(log_file)
    assert (line["event"], line["error"]) == ("it failed", "ValueError")
    assert "May" not in log_file.read_text("utf-8")


def test_people_get_a_line_of_text(log_file: Path) -> None:
    logs.log_to(str(log_file))
    logging.getLogger("triage.test").info("approved letter=%d", 7)
    assert log_file.read_text("utf-8").endswith(" INFO triage.test approved letter=7\n")


def test_a_log_that_cannot_be_written_is_said_to_the_operator(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="log_file"):
        logs.log_to(str(tmp_path / "no" / "such" / "folder"))


@pytest.mark.parametrize("form", [logs.TEXT, logs.JSON])
def test_the_whole_walk_of_a_letter_leaves_nothing_of_it_in_the_log(form: str, log_file: Path, sqlite_url: str) -> None:
    logs.log_to(str(log_file), form)
    desk = make_desk(sqlite_url)
    told = "marmalade"
    sender = f"{told} <{told}@{told}.example>"
    bodies = {1: f"May I pull out, {told}?", 2: f"This will explode, {told}.", 3: f"There is no point anymore, {told}."}
    collecting.collect(
        desk,
        mailbox_with(
            *(
                mail(body, sender=sender, subject=told, message_id=f"<{number}-{told}@x.example>")
                for number, body in bodies.items()
            )
        ),
    )
    reading.assess(desk)
    reading.draft(desk)
    deciding.approve(desk, 1, ALI)
    desk.clock.forward(minutes=20)  # type: ignore[attr-defined]
    watching.look(desk)
    sending.send(desk, lambda _: TakingOutbox(loses=True))
    desk.db.close()
    written = log_file.read_text("utf-8")
    assert "letter=1" in written or '"letter": 1' in written
    assert told not in written
