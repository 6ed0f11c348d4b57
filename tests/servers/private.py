"""What every private server needs: its program, a user that may run it, free ports, and a sure end."""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # not on the PATH of an ordinary user


class MissingProgram(RuntimeError):
    """A server program is not installed; the text says in one line how to install it."""


def find_program(name: str, package: str, folders: Sequence[str] = SYSTEM_FOLDERS) -> str:
    """The path of a program on the PATH or in `folders`; MissingProgram names the Debian package."""
    found = shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise MissingProgram(f"{name} is not installed. Next: apt-get install --no-install-recommends {package}")
    return found


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class RunAs:
    """Who runs a server: Dovecot and PostgreSQL both refuse to serve as root."""

    user: str
    group: str
    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> "RunAs":
        """The current user, or nobody when that is root."""
        user = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
        return cls(user.pw_name, grp.getgrgid(user.pw_gid).gr_name, user.pw_uid, user.pw_gid)

    def own(self, *paths: Path) -> None:
        """Give paths to this user; only root has to, and may."""
        if os.getuid() == 0:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def new_folder(self, prefix: str, where: Path = Path("/tmp")) -> Path:
        """A new temporary folder of this user. Its path is short: a Unix socket's may have 107 bytes."""
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
        folder.chmod(0o755)
        self.own(folder)
        return folder

    def popen(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program as this user, as the leader of a process group of its own, writing to `log`."""
        root = os.getuid() == 0
        with log.open("ab") as output:
            self.own(log)
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                start_new_session=True,
                user=self.uid if root else None,
                group=self.gid if root else None,
                extra_groups=[] if root else None,
            )


def wait_until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, seconds: float) -> bool:
    """Ask `ready` until it says yes. False when the program ended first; TimeoutError with the log's end."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        if ready():
            return True
        time.sleep(0.02)
    raise TimeoutError(f"{process.args!r} is not ready after {seconds} s:\n{log_tail(log)}")


def log_tail(log: Path) -> str:
    """The last 2,000 characters of a log, for an error message."""
    return log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""


def end_process(process: subprocess.Popen[bytes], ask: signal.Signals, seconds: float = 5) -> None:
    """Ask the program to end, wait, then kill whatever is left of its group.

    The last step is never left out: a Dovecot child in IDLE outlives its master and goes on answering.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGCONT)
    if process.poll() is None:
        process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
