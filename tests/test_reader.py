"""The door to the reading child: what it is given, what it survives, and what is shown of a letter that kills it."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cast import NOON, ROOT, mail, mailbox_with, make_desk
from tests.letters import attacks
from triage.cli.reading import letters_in
from triage.desk import collecting, reading
from triage.errors import Temporary
from triage.reader.process import ReadingProcess
from triage.reader.wire import framed, whole_frame
from triage.stages import Stage
from triage.store import letters

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at processes as Linux shows them")


@pytest.fixture
def reader() -> Iterator[ReadingProcess]:
    process = ReadingProcess(cpu_seconds=0.4)
    yield process
    process.close()


def read(reader: ReadingProcess, data: bytes | None = None) -> str:
    return reader.parse(data or mail("May I pull out?"), NOON, 0).body


def child(reader: ReadingProcess) -> int:
    assert read(reader) == "May I pull out?"
    assert reader.pid is not None
    return reader.pid


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_child_reads_many_letters(reader: ReadingProcess) -> None:
    assert reader.pid is None
    first = child(reader)
    assert {child(reader) for _ in range(20)} == {first}


def test_the_child_has_two_pipes_and_none_of_our_secrets(
    reader: ReadingProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "a good password")
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        pid = child(reader)
        open_now = {int(fd.name): str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    assert set(open_now) == {0, 1, 2}
    assert open_now[0].startswith("pipe:")
    assert open_now[1].startswith("pipe:")
    assert open_now[2] == os.devnull
    names = [line.partition(b"=")[0] for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if line]
    assert names == [b"PYTHONPATH"]


def test_a_letter_that_takes_too_long_is_shown_raw_and_the_next_one_is_read(reader: ReadingProcess) -> None:
    first = child(reader)
    letter = reader.parse(attacks.FATAL, NOON, len(attacks.FATAL) + 1)
    assert letter.subject == "(a message that could not be read)"
    assert letter.body.startswith("Content-Type: multipart/mixed")
    assert "taken apart (it took too long)" in " ".join(letter.defects)
    assert "only its first" in letter.defects[0]
    assert child(reader) != first
    assert not is_there(first)


def test_the_command_line_reads_in_a_child_too(tmp_path: Path) -> None:
    (tmp_path / "fatal.eml").write_bytes(attacks.FATAL)
    (tmp_path / "rosas.eml").write_bytes(mail("May I?"))
    fatal, rosas = letters_in((str(tmp_path / "fatal.eml"), str(tmp_path / "rosas.eml")))
    assert "taken apart (it took too long)" in " ".join(fatal[1].defects)
    assert rosas[1].body == "May I?"


def test_a_letter_that_takes_too_much_memory_is_shown_raw() -> None:
    reader = ReadingProcess(memory=40_000_000)
    try:
        letter = reader.parse(mail("May I?") + b"x\r\n" * 6_000_000, NOON, 0)
        assert letter.body.startswith("From: Rosa Diaz")
        assert any("could not be taken apart" in defect for defect in letter.defects)
        assert child(reader)
    finally:
        reader.close()


def test_a_child_that_was_killed_from_outside_costs_no_letter(reader: ReadingProcess) -> None:
    for _ in range(3):
        os.kill(child(reader), signal.SIGKILL)
        assert read(reader) == "May I pull out?"


def test_a_child_that_hangs_is_killed() -> None:
    reader = ReadingProcess(wall_seconds=5)
    try:
        pid = child(reader)
        reader._wall_seconds = 0.2
        os.kill(pid, signal.SIGSTOP)
        letter = reader.parse(mail("May I?"), NOON, 0)
        assert "(it took too long)" in " ".join(letter.defects)
        assert not is_there(pid)
    finally:
        reader.close()


def test_html_that_costs_too_much_is_not_shown_formatted(reader: ReadingProcess) -> None:
    assert reader.formatted("<p onclick=x>May <b>I</b>?<script>x</script>") == "<p>May <b>I</b>?</p>"
    tight = ReadingProcess(cpu_seconds=0.001)
    try:
        assert tight.formatted("<p>x</p>" * 30_000) is None
    finally:
        tight.close()


@pytest.mark.parametrize("answer", [b"nonsense", framed(b"nonsense"), framed(b"{}"), framed(b"x") * 2, b"\xff" * 9])
def test_an_answer_that_is_none_ends_the_child_and_the_letter_is_shown_raw(
    answer: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child of mallory's stands in for one that a letter has taken over."""
    says = tmp_path / "triage" / "reader"
    says.mkdir(parents=True)
    (says.parent / "__init__.py").touch()
    (says / "__init__.py").touch()
    (says / "child.py").write_text(
        textwrap.dedent(f"""
        import sys
        sys.stdout.buffer.write({framed(b"ready")!r}); sys.stdout.buffer.flush()
        sys.stdin.buffer.read(10)
        sys.stdout.buffer.write({answer!r}); sys.stdout.buffer.flush()
        """)
    )
    monkeypatch.syspath_prepend(tmp_path)
    reader = ReadingProcess(wall_seconds=10)
    try:
        letter = reader.parse(mail("May I?"), NOON, 0)
        assert "taken apart (the reader broke off)" in " ".join(letter.defects)
        assert reader.pid is None
    finally:
        reader.close()


def test_when_the_child_does_not_start_the_letters_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "triage").mkdir()
    (tmp_path / "triage" / "__init__.py").write_text("raise SystemExit(3)")
    monkeypatch.syspath_prepend(tmp_path)
    reader = ReadingProcess()
    with pytest.raises(Temporary, match=r"does not start .*No letter is lost"):
        reader.parse(mail("May I?"), NOON, 0)
    reader.close()


def test_closing_never_raises_and_ends_the_child(reader: ReadingProcess) -> None:
    reader.close()
    other = ReadingProcess()
    pid = child(other)
    other.close()
    other.close()
    assert not is_there(pid)
    with pytest.raises(Temporary, match="stopped"):
        other.parse(mail(), NOON, 0)


def test_a_letter_that_is_being_read_when_the_desk_stops_is_left_for_the_next_start() -> None:
    reader = ReadingProcess(cpu_seconds=30)
    pid = child(reader)
    met: list[BaseException] = []

    def parse() -> None:
        try:
            reader.parse(attacks.FATAL, NOON, 0)
        except Temporary as error:
            met.append(error)

    thread = threading.Thread(target=parse)
    thread.start()
    busy = time.monotonic() + 5
    while time.monotonic() < busy and not _works(pid):
        time.sleep(0.01)
    reader.close()
    thread.join(10)
    assert [type(error) for error in met] == [Temporary]


def _works(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "R"


def test_threads_take_turns(reader: ReadingProcess) -> None:
    bodies: list[str] = []
    threads = [threading.Thread(target=lambda n=n: bodies.append(read(reader, mail(f"Letter {n}")))) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(bodies) == [f"Letter {n}" for n in range(8)]


@pytest.mark.parametrize("busy", [False, True])
def test_the_child_dies_with_its_parent(busy: bool) -> None:
    program = (
        "import os, sys, threading\n"
        "from tests.cast import NOON, mail\nfrom tests.letters import attacks\n"
        "from triage.reader.process import ReadingProcess\n"
        "reader = ReadingProcess(cpu_seconds=1.0)\nreader.parse(mail(), NOON, 0)\n"
        "print(reader.pid, flush=True)\n"
        "reader.parse(attacks.FATAL, NOON, 0) if sys.argv[1] == 'True' else sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(busy)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    until = time.monotonic() + 10
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_there(pid)


def test_a_frame_is_whole_or_nothing() -> None:
    frame = framed(b"May I?")
    assert [whole_frame(bytearray(frame[:n]), 99) for n in range(len(frame))] == [None] * len(frame)
    assert whole_frame(bytearray(frame), 99) == b"May I?"
    for wrong in (frame + b"x", framed(b"x" * 100)):
        with pytest.raises(ValueError, match="not an answer"):
            whole_frame(bytearray(wrong), 99)


def test_a_letter_that_kills_the_reader_is_put_before_a_person_and_the_next_one_is_drafted(
    reader: ReadingProcess, sqlite_url: str
) -> None:
    desk = replace(make_desk(sqlite_url), reader=reader)
    collecting.collect(desk, mailbox_with(attacks.FATAL, mail()))
    assert reading.assess(desk) == 2
    reading.draft(desk)
    raw, rosas = letters.dossier(desk.db, 1), letters.dossier(desk.db, 2)
    assert raw.slip.stage is Stage.STUCK
    assert raw.letter is not None
    assert raw.letter.body.startswith("Content-Type: multipart/mixed")
    assert rosas.slip.stage is Stage.DRAFTED
    desk.db.close()


def test_letters_wait_while_there_is_nothing_to_read_with(reader: ReadingProcess, sqlite_url: str) -> None:
    desk = replace(make_desk(sqlite_url), reader=reader)
    collecting.collect(desk, mailbox_with(mail()))
    reader.close()
    with pytest.raises(Temporary):
        reading.assess(desk)
    assert letters.waiting(desk.db, Stage.COLLECTED) == [1]
    desk.db.close()
