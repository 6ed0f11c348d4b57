"""A certificate for localhost, signed by nobody but itself."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.private import find_program


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate for localhost and 127.0.0.1; a client trusts it by `ca_file`."""

    ca_file: Path
    key_file: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificate":
        """Write cert.pem and key.pem into `folder` with openssl."""
        made = cls(folder / "cert.pem", folder / "key.pem")
        command = [find_program("openssl", "openssl"), "req", "-x509", "-nodes", "-days", "7", "-subj", "/CN=localhost"]
        command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        command += ["-keyout", str(made.key_file), "-out", str(made.ca_file)]
        subprocess.run(command, check=True, capture_output=True)
        return made

    def server_context(self) -> ssl.SSLContext:
        """For a server that shows this certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.ca_file, self.key_file)
        return context
