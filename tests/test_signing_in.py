"""Tokens in place of passwords: somebody permits it once, and from then on the desk renews them, however it ends."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from click.testing import CliRunner

from tests.cast import ROOT, TestClock, mail, make_desk
from tests.conftest import MailboxUser
from tests.mailbox.mallory import Mallory
from tests.servers import Dovecot, SmtpSink, TokenService
from triage import checking, granting, sealing, settings
from triage.cli import triage
from triage.desk import collecting, grants, watching
from triage.desk.grants import Grant
from triage.desk.watching import Kind
from triage.errors import ConfigError, NotLetIn, Permanent, Temporary
from triage.granting import loopback
from triage.granting.authority import HttpAuthority
from triage.mailbox.imap import ImapMailbox
from triage.outbox.smtp import SmtpOutbox
from triage.ports import Refused
from triage.settings import Inbox, OAuth, Server
from triage.store import credentials, house
from triage.store.database import Database
from triage.store.migrating import migrate

KEY = sealing.new_key()
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def oauth(service: TokenService, **changes: Any) -> OAuth:
    given = OAuth(
        client_id="triage-desk",
        authorize_url=f"{service.url}/authorize",
        device_url=f"{service.url}/device",
        token_url=f"{service.url}/token",
        scopes=("mail", "offline"),
    )
    return replace(given, **changes)


@dataclass
class Place:
    """An inbox whose servers want tokens, and the service that gives them out."""

    inbox: Inbox
    service: TokenService
    dovecot: Dovecot
    smtp: SmtpSink
    url: str
    clock: TestClock
    opened: list[Database]

    def database(self, checkpoint: Callable[[str, str], None] | None = None) -> Database:
        """The desk's database as another process has it open."""
        self.opened.append(Database(self.url, checkpoint=checkpoint))
        migrate(self.opened[-1])
        return self.opened[-1]

    def grant(self, checkpoint: Callable[[str, str], None] | None = None, key: str = KEY) -> Grant:
        """The sign-in as another process of the desk has it."""
        authority = HttpAuthority(self.inbox.oauth, self.clock)
        return Grant(self.database(checkpoint), self.clock, "advice", authority, lambda: key)

    def permit(self, **later: int) -> Grant:
        """Somebody has permitted it."""
        said = self.service.grant()
        tokens = HttpAuthority(self.inbox.oauth, self.clock)._granted(said | later)
        grant = self.grant()
        grants.keep(grant.db, "advice", tokens, KEY, who="carol", now=self.clock())
        return grant

    def mailbox(self, grant: Grant, **imap: Any) -> ImapMailbox:
        return ImapMailbox(replace(self.inbox, imap=replace(self.inbox.imap, **imap)), sign_in=grant)


@pytest.fixture
def place(database_url: str, dovecot: Dovecot, mailbox_user: MailboxUser, smtp_sink: SmtpSink) -> Iterator[Place]:
    name = mailbox_user.name
    given: set[str] = set()

    def mint() -> str:
        given.add(token := dovecot.token(name))
        return token

    smtp_sink.takes_token = lambda user, token: user == name and token in given
    imap = Server(host=dovecot.host, port=dovecot.port, tls="none", user=name)
    smtp = Server(host=smtp_sink.host, port=smtp_sink.port, tls="none", user=name)
    with TokenService(mint) as service:
        inbox = Inbox(name="advice", address="advice@desk.example", imap=imap, smtp=smtp, oauth=oauth(service))
        place = Place(inbox, service, dovecot, smtp_sink, database_url, TestClock(NOW), [])
        yield place
        for db in place.opened:
            db.close()


# ------------------------------------------------------------------ at the mail servers


@pytest.mark.parametrize("hidden", [b"", b" AUTH=XOAUTH2"])
def test_a_token_opens_the_inbox(place: Place, hidden: bytes) -> None:
    place.dovecot.deliver(place.inbox.imap.user, mail())
    with Mallory(place.dovecot.port, lambda said: said.replace(hidden, b"")) as mallory:
        box = place.mailbox(place.permit(), port=mallory.port)
        assert len(list(box.fetch(list(box.sizes(0, None)), 9_999))) == 1
        box.close()
        assert (b"OAUTHBEARER" in mallory.heard) == bool(hidden)
    assert place.service.renewals == 0


def test_a_token_that_the_mail_server_no_longer_takes_is_renewed_once_and_works(place: Place) -> None:
    right = place.service.mint
    place.service.mint = lambda: place.dovecot.token(place.inbox.imap.user, lasts=-10)
    grant = place.permit()
    place.service.mint = right
    box = place.mailbox(grant)
    box.select()
    box.close()
    assert place.service.renewals == 1


def test_a_token_for_somebody_elses_mailbox_is_not_tried_for_ever(place: Place) -> None:
    place.service.mint = lambda: "a token of ali's"
    box = place.mailbox(place.permit())
    with pytest.raises(NotLetIn, match="triage login"):
        box.select()
    assert place.service.renewals == 1


@pytest.mark.parametrize("good", [True, False])
def test_a_token_sends_mail_and_is_renewed_once_when_it_is_turned_down(place: Place, good: bool) -> None:
    right = place.service.mint
    place.service.mint = lambda: "an old token"
    grant = place.permit()
    place.service.mint = right if good else place.service.mint
    outbox = SmtpOutbox(place.inbox.smtp, sign_in=grant)
    try:
        if good:
            outbox.verify("advice@desk.example")
            assert place.smtp.logins == [place.inbox.smtp.user]
        else:
            with pytest.raises(Refused, match="does not accept the sign-in") as refused:
                outbox.verify("advice@desk.example")
            assert refused.value.whole_account
    finally:
        outbox.stop()
    assert place.service.renewals == 1


def test_nothing_is_sent_and_nothing_lost_while_nobody_has_signed_in(place: Place) -> None:
    outbox = SmtpOutbox(place.inbox.smtp, sign_in=place.grant())
    try:
        with pytest.raises(Refused, match="triage login advice") as refused:
            outbox.verify("advice@desk.example")
    finally:
        outbox.stop()
    assert refused.value.whole_account
    assert not refused.value.permanent


# ------------------------------------------------------------------ renewing


def test_a_token_is_renewed_only_near_its_end_and_what_came_with_it_is_used_next(place: Place) -> None:
    grant = place.permit()
    first = grant.token()
    place.clock.forward(minutes=54)
    assert grant.token() == first
    place.clock.forward(minutes=2)
    second = grant.token()
    place.clock.forward(hours=1)
    third = place.grant().token()
    assert len({first, second, third}) == 3
    assert place.service.renewals == 2


def test_a_refresh_token_that_stays_is_kept(place: Place) -> None:
    place.service.rotates = False
    grant = place.permit()
    for _ in range(3):
        place.clock.forward(hours=2)
        grant.token()
    assert len({form["refresh_token"] for form in place.service.asked}) == 1


def test_processes_that_need_a_new_token_at_once_ask_for_one_only(place: Place) -> None:
    old = place.permit().token()
    others = [place.grant() for _ in range(4)]
    got: list[str] = []
    threads = [threading.Thread(target=lambda other=other: got.append(other.token(refused=old))) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len(set(got)) == 1
    assert got[0] != old
    assert place.service.renewals == 1


class Killed(BaseException):
    """The process is gone."""


def killed_at(where: str) -> Callable[[str, str], None]:
    def stop(name: str, moment: str) -> None:
        if (name, moment) == ("renew", where):
            raise Killed

    return stop


def test_a_process_that_dies_between_saving_and_using_loses_nothing(place: Place) -> None:
    place.permit()
    place.clock.forward(hours=2)
    with pytest.raises(Killed):
        place.grant(killed_at("after")).token()
    assert place.grant().token()
    assert place.service.renewals == 1


@pytest.mark.parametrize("rotates", [True, False])
def test_a_process_that_dies_before_saving_is_told_of_where_the_provider_forgives_nothing(
    place: Place, rotates: bool
) -> None:
    place.service.rotates = rotates
    place.permit()
    place.clock.forward(hours=2)
    with pytest.raises(Killed):
        place.grant(killed_at("before")).token()
    if rotates:
        with pytest.raises(NotLetIn, match="triage login advice"):
            place.grant().token()
    else:
        assert place.grant().token()


def test_who_signs_in_while_a_renewal_is_on_its_way_has_the_last_word(place: Place) -> None:
    grant = place.permit()
    place.clock.forward(hours=2)
    right = place.service.mint

    def sign_in_meanwhile() -> str:
        place.service.mint = right
        tokens = HttpAuthority(place.inbox.oauth, place.clock)._granted(
            {"access_token": "carol's new one", "refresh_token": "a", "expires_in": 3600}
        )
        grants.keep(place.database(), "advice", tokens, KEY, who="carol", now=place.clock())
        return right()

    place.service.mint = sign_in_meanwhile
    assert grant.token() == "carol's new one"
    assert place.grant().token() == "carol's new one"


# ------------------------------------------------------------------ when it does not work


def test_a_service_that_is_away_stops_nobody_whose_token_is_still_good(place: Place) -> None:
    grant = place.permit()
    place.service.status = 502
    place.clock.forward(minutes=57)
    assert grant.token()
    with pytest.raises(Temporary, match="tried again"):
        grant.token(refused=grant.token())
    place.clock.forward(minutes=5)
    with pytest.raises(Temporary, match="tried again"):
        grant.token()
    place.service.status = 0
    assert grant.token()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ("invalid_grant", NotLetIn, "AADSTS70008"),
        ("interaction_required", NotLetIn, "triage login advice"),
        ("invalid_client", ConfigError, "client_id"),
        ("temporarily_unavailable", Temporary, "tried again"),
        ("something_new", Temporary, "something_new"),
    ],
)
def test_what_the_service_says_reaches_whoever_acts_next(
    place: Place, error: str, kind: type[Exception], words: str
) -> None:
    grant = place.permit()
    place.clock.forward(hours=2)
    place.service.error = error
    with pytest.raises(kind, match=words) as said:
        grant.token()
    assert "ali@" not in str(said.value)


def test_an_ended_sign_in_stands_at_the_desk_and_the_service_is_left_in_peace(place: Place) -> None:
    grant = place.permit()
    place.clock.forward(hours=2)
    place.service.error = "invalid_grant"
    desk = replace(make_desk(place.url, clock=place.clock), inboxes={"advice": place.inbox})
    box = place.mailbox(grant)
    errors = {collecting.poll(desk, box).error for _ in range(2)}
    assert all("has ended (invalid_grant, AADSTS70008)" in error for error in errors)
    assert place.service.renewals == 1
    [(account, said)] = grants.troubles(desk)
    assert account == "advice"
    assert [it.kind for it in watching.find(desk) if it.about == account] == [Kind.SIGN_IN], "and not refused as well"
    assert "triage login advice" in said
    place.service.error = ""
    place.permit()
    assert grants.troubles(desk) == []
    assert not collecting.poll(desk, box).error
    box.close()
    desk.db.close()


def test_people_are_told_a_week_before_the_provider_ends_what_lasts_for_months(place: Place) -> None:
    place.permit(refresh_token_expires_in=90 * 86_400)
    desk = replace(make_desk(place.url, clock=place.clock), inboxes={"advice": place.inbox})
    place.clock.forward(days=83)
    assert grants.troubles(desk) == []
    place.clock.forward(minutes=1)
    assert "ends on Sunday, 21 February" in grants.troubles(desk)[0][1]
    desk.db.close()


def test_people_are_told_two_days_before_the_provider_ends_what_lasts_for_a_week(place: Place) -> None:
    place.permit(refresh_token_expires_in=7 * 86_400)
    desk = replace(make_desk(place.url, clock=place.clock), inboxes={"advice": place.inbox})
    place.clock.forward(days=4)
    place.grant().token()  # what is renewed does not last longer for it
    assert grants.troubles(desk) == []
    place.clock.forward(days=1, minutes=1)
    [(_, said)] = grants.troubles(desk)
    assert "ends on Monday, 30 November at 07:00" in said
    place.clock.forward(days=2)
    assert "has ended" in grants.troubles(desk)[0][1]
    desk.db.close()


def test_an_app_that_is_in_testing_at_google_ends_after_seven_days(place: Place) -> None:
    place.inbox = replace(place.inbox, oauth=replace(place.inbox.oauth, testing=True))
    grant = place.permit()
    place.clock.forward(days=3)
    grant.token()
    kept = credentials.find(grant.db, "advice")
    assert kept is not None
    assert kept.expires_at == NOW + timedelta(days=7)


def test_without_a_lasting_permission_nothing_is_kept(place: Place) -> None:
    with pytest.raises(Permanent, match="no refresh token"):
        HttpAuthority(place.inbox.oauth, place.clock)._granted({"access_token": "a", "expires_in": 5})


# ------------------------------------------------------------------ the key


def test_the_tokens_are_sealed_and_another_key_does_not_open_them(place: Place) -> None:
    grant = place.permit()
    kept = credentials.find(grant.db, "advice")
    assert kept is not None
    assert grant.token().encode() not in kept.secret
    with pytest.raises(ConfigError, match="another key"):
        place.grant(key=sealing.new_key()).token()
    with pytest.raises(ConfigError, match="does not point to a key"):
        place.grant(key="not a key").token()


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    desk = settings.Desk(key=f"file:{tmp_path / 'triage.key'}")
    key = granting.make_key(desk)
    assert (tmp_path / "triage.key").stat().st_mode & 0o777 == 0o600
    assert granting.make_key(desk) == granting.key(desk) == key
    assert sealing.unseal(sealing.seal("Carol", key), key) == "Carol"
    with pytest.raises(ConfigError, match="cannot be written"):
        granting.make_key(settings.Desk(key=f"file:{tmp_path / 'nowhere' / 'key'}"))
    with pytest.raises(ConfigError, match="NOBODY_SET_THIS"):
        granting.make_key(settings.Desk(key="env:NOBODY_SET_THIS"))


# ------------------------------------------------------------------ triage login

CONFIG = """
[desk]
database = "{url}"
key = "file:{folder}/triage.key"
[[inbox]]
name = "advice"
address = "advice@desk.example"
[inbox.imap]
host = "{imap.host}"
port = {imap.port}
tls = "none"
user = "{imap.user}"
[inbox.smtp]
host = "{smtp.host}"
port = {smtp.port}
tls = "none"
user = "{smtp.user}"
[inbox.oauth]
client_id = "triage-desk"
token_url = "{oauth.token_url}"
scopes = ["mail", "offline"]
"""


@pytest.fixture
def config(place: Place, tmp_path: Path) -> Path:
    inbox = place.inbox
    text = CONFIG.format(url=place.url, folder=tmp_path, imap=inbox.imap, smtp=inbox.smtp, oauth=inbox.oauth)
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_carol_types_a_code_in_and_from_then_on_everything_works(place: Place, config: Path) -> None:
    config.write_text(f'{config.read_text()}device_url = "{place.inbox.oauth.device_url}"\n')
    found = {finding.what: finding for finding in checking.check(settings.load(config))}
    assert not found["advice, sign-in"].well
    assert "triage login advice" in found["advice, sign-in"].words
    assert "advice, collecting" not in found
    place.service.answers = ["authorization_pending"] * 2
    said = CliRunner().invoke(triage, ["--config", str(config), "login", "advice"])
    assert said.exit_code == 0, said.output
    assert "WDJB-MJHT" in said.output
    assert "the folder 'INBOX' opens" in said.output
    found = {finding.what: finding for finding in checking.check(settings.load(config))}
    assert all(found[f"advice, {what}"].well for what in ("sign-in", "collecting", "sent copies", "sending"))
    assert "signed the inbox advice in" in house.log(place.database())[0].what


def test_who_waits_for_a_code_asks_less_often_when_told_and_ends_when_refused(place: Place) -> None:
    authority, waits = HttpAuthority(place.inbox.oauth, place.clock), list[float]()
    place.service.answers = ["authorization_pending", "slow_down", "authorization_pending"]
    assert authority.wait_for(replace(authority.device_code(), every=2.0), waits.append).access
    assert waits == [2, 2, 7, 7]
    for error in ("access_denied", "expired_token"):
        place.service.answers = [error]
        with pytest.raises(NotLetIn, match="run the command again"):
            authority.wait_for(authority.device_code(), waits.append)
    with pytest.raises(NotLetIn, match="while it was good"):
        authority.wait_for(replace(authority.device_code(), seconds=-1), waits.append)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("paste", [False, True])
def test_carols_browser_comes_back_with_a_code(place: Place, config: Path, paste: bool) -> None:
    config.write_text(f'{config.read_text()}authorize_url = "{place.inbox.oauth.authorize_url}"\n')
    command = [sys.executable, "-m", "triage", "--config", str(config), "login", "advice", *(["--paste"] * paste)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        there = next(line for line in process.stdout if line.startswith("http")).strip()
        back = httpx2.get(there, trust_env=False).headers["Location"]
        if paste:
            said, _ = process.communicate(f"{back}\n", timeout=60)
        else:
            wrong = back.replace("state=", "state=mallory")
            assert httpx2.get(wrong, trust_env=False).status_code == 404
            assert "close this page" in httpx2.get(back, trust_env=False).text
            said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert parse_qs(urlsplit(there).query)["login_hint"] == [place.inbox.imap.user]
    assert place.grant(key=granting.key(settings.load(config).desk)).token()


def test_a_way_back_that_is_not_carols_is_not_taken() -> None:
    assert loopback.code_of(" http://127.0.0.1/?state=right&code=abc ", "right") == "abc"
    for address, words in (
        ("http://127.0.0.1/?state=wrong&code=abc", "does not belong"),
        ("http://[broken", "does not belong"),
        ("", "does not belong"),
        ("http://127.0.0.1/?state=right&error=access_denied", "not permitted"),
    ):
        with pytest.raises(NotLetIn, match=words):
            loopback.code_of(address, "right")


# ------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('provider = "yahoo"', "provider has to be"),
        ('token_url = "http://mallory.example/token"', "has to be an https"),
        ('token_url = ""', "without a provider it needs token_url"),
        ('client_id = ""', "client_id is missing"),
        ('client_secret = "the secret itself"', "has to be a reference"),
        ('tenant = "a/../b"', "tenant has to be"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_settings_that_cannot_work_are_named(config: Path, line: str, words: str) -> None:
    name = line.partition(" ")[0]
    kept = [old for old in config.read_text().splitlines() if not old.startswith(f"{name} =")]
    config.write_text("\n".join([*kept, 'device_url = "https://a.example/device"', line]))
    with pytest.raises(ConfigError, match=words):
        settings.load(config)
