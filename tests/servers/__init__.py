"""Real servers on loopback, each private to whoever starts it and gone when that ends."""

from tests.servers.certificate import Certificate
from tests.servers.dovecot import Dovecot
from tests.servers.postgres import Postgres
from tests.servers.private import MissingProgram
from tests.servers.smtp import HangUp, SmtpSink, Stage
from tests.servers.tokens import TokenService

__all__ = ["Certificate", "Dovecot", "HangUp", "MissingProgram", "Postgres", "SmtpSink", "Stage", "TokenService"]
