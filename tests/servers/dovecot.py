"""A private Dovecot 2.3: a real IMAP server with Maildirs in a temporary folder."""

import base64
import imaplib
import itertools
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from joserfc import jwt
from joserfc.jwk import OctKey

from tests.servers.certificate import Certificate
from tests.servers.private import (
    MissingProgram,
    RunAs,
    end_process,
    find_program,
    free_port,
    log_tail,
    wait_until_ready,
)

# Dovecot 2.3 syntax; 2.4 has another one. Without the anvil line each repeated wrong password takes 4.5 s.
CONFIG = """
base_dir = {root}/run
state_dir = {root}/state
instance_name = {name}
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
auth_verbose = yes
mail_location = maildir:{root}/mail/%u/Maildir
mail_home = {root}/mail/%u
mailbox_list_index = yes
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
  separator = /
{special_folders}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf.ext
}}
passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN {root}/users/%u
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
  service_count = 0
  process_min_avail = 1
}}
service imap {{
  process_min_avail = 1
  service_count = 100
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  client_limit = 2000
}}
"""
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = email
username_format = %u
"""
SPECIAL_FOLDERS = ("Drafts", "Sent", "Trash", "Junk", "Archive")
SPECIAL_FOLDER = """
  mailbox {name} {{
    auto = subscribe
    special_use = \\{name}
  }}
"""


class Dovecot:
    """Dovecot on two free ports of 127.0.0.1, run by an unprivileged user. Use as a context manager.

    `port` takes plain connections and STARTTLS, `tls_port` implicit TLS; the certificate is for
    "localhost" and trusted by `ca_file`. After `stop`, `start` brings back the same mail and ports.
    Raises MissingProgram when Dovecot or openssl is not installed.
    """

    def __init__(self) -> None:
        self.host = "localhost"
        self.port = 0
        self.tls_port = 0
        self._program = _find_dovecot()
        self._run_as = RunAs.unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._passwords: dict[str, str] = {}
        self._delivered = itertools.count()
        self.root = self._run_as.new_folder("dovecot-")
        self._log = self.root / "dovecot.log"
        try:
            certificate = Certificate.make(self.root)
        except BaseException:
            shutil.rmtree(self.root)
            raise
        self.ca_file = certificate.ca_file
        users, mail = self.root / "users", self.root / "mail"
        users.mkdir()
        mail.mkdir()
        self._token_key = secrets.token_bytes(32)
        keys = self.root / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(self._token_key))
        (self.root / "oauth2.conf.ext").write_text(OAUTH2.format(root=self.root))
        self._run_as.own(certificate.ca_file, certificate.key_file, users, mail)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Start, and return once it greets. Keeps the ports of an earlier start."""
        for _ in range(3):
            self.port, self.tls_port = self.port or free_port(), self.tls_port or free_port()
            config = self.root / "dovecot.conf"
            config.write_text(self._config())
            self._process = self._run_as.popen([self._program, "-F", "-c", str(config)], self._log)
            if wait_until_ready(self._process, self._greets, self._log, 15):
                return
            self.stop()
            self.port = self.tls_port = 0  # somebody else may have taken a port meanwhile
        raise RuntimeError(f"Dovecot does not start:\n{log_tail(self._log)}")

    def stop(self) -> None:
        """End the server with every connection; the mail stays for the next start."""
        self._end(signal.SIGTERM)

    def close(self) -> None:
        """Stop, and remove the mail."""
        self._end(signal.SIGKILL)  # nothing has to be kept
        shutil.rmtree(self.root)

    def _end(self, ask: signal.Signals) -> None:
        if self._process is not None:
            end_process(self._process, ask)
            self._process = None

    def freeze(self) -> None:
        """Let the server hang: it still accepts connections and says nothing more."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """End a freeze."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGCONT)

    def add_user(self, name: str, password: str) -> None:
        """Let `name` (lower case) sign in; the folders INBOX, Sent, Drafts, Trash, Junk, Archive come by themselves."""
        assert name == name.lower() and not set(":/\n") & set(name + password)
        self._passwords[name] = password
        # One file each: Dovecot looks at most once a second whether a file that it has read has changed.
        (self.root / "users" / name).write_text(f"{name}:{{PLAIN}}{password}::::::\n")

    def token(self, user: str, lasts: float = 3600) -> str:
        """An access token that lets `user` in by XOAUTH2 and OAUTHBEARER for so many seconds; no two are alike."""
        now = int(time.time())
        claims = {"sub": user, "email": user, "iat": now - 60, "exp": now + int(lasts), "jti": secrets.token_hex(8)}
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self._token_key))

    def deliver(self, user: str, data: bytes, folder: str = "INBOX", received_at: datetime | None = None) -> None:
        """Put a message into a Maildir as a delivery agent does; INTERNALDATE is `received_at` or now.

        Messages get their UIDs in the order of delivery. A folder that does not exist is made.
        """
        maildir = self.root / "mail" / user / "Maildir"
        if folder != "INBOX":
            maildir = maildir / ("." + folder.replace("/", "."))
        self._make_folder(maildir)
        # Dovecot numbers new files by the time in their names.
        seconds, rest = divmod(time.time_ns(), 1_000_000_000)
        name = f"{seconds}.M{rest // 1000:06}P{os.getpid()}Q{next(self._delivered)}.test"
        written = maildir / "tmp" / name
        written.write_bytes(data)
        if received_at is not None:
            os.utime(written, (received_at.timestamp(), received_at.timestamp()))
        self._run_as.own(written)
        written.rename(maildir / "new" / name)

    def messages(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """Every message of a folder as IMAP gives it, oldest UID first, without setting \\Seen."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=30) as client:
            client.login(user, self._passwords[user])
            status, answer = client.select(f'"{folder}"', readonly=True)
            if status != "OK":
                raise LookupError(f"{user} has no folder {folder}: {answer!r}")
            if answer == [b"0"]:
                return []
            _, items = client.fetch("1:*", "(BODY.PEEK[])")
        return [item[1] for item in items if isinstance(item, tuple)]

    def _make_folder(self, maildir: Path) -> None:
        missing = [maildir / part for part in ("tmp", "cur", "new")]
        for folder in (maildir, *maildir.parents):
            if folder == self.root / "mail":
                break
            missing.insert(0, folder)
        for folder in missing:
            if not folder.exists():
                folder.mkdir(mode=0o700)
                self._run_as.own(folder)

    def _config(self) -> str:
        return CONFIG.format(
            root=self.root,
            name=self.root.name,
            user=self._run_as.user,
            group=self._run_as.group,
            port=self.port,
            tls_port=self.tls_port,
            special_folders="".join(SPECIAL_FOLDER.format(name=name) for name in SPECIAL_FOLDERS),
        )

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False


def _find_dovecot() -> str:
    program = find_program("dovecot", "dovecot-imapd")
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if not version.startswith("2.3."):
        raise MissingProgram(f"Dovecot is {version}, and these tests speak 2.3. Next: run them on Debian 12.")
    return program
