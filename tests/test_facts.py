"""Facts with a date: what a draft may print, what stands in a text's way, and how editors keep them true."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from tests.cast import ALI, ANA, CAROL, NOON, ROOT, TestClock, make_desk
from triage import settings, wiring
from triage.cli import triage
from triage.desk import Desk, facts
from triage.drafting.book import COLUMNS, COUNTRY, Book, Fact, FactKind
from triage.drafting.places import STATES
from triage.errors import ConfigError, Conflict, NotAllowed
from triage.stages import Role
from triage.store import facts as store
from triage.store import people, tables

FILE = ROOT / "templates" / "facts.csv"
TODAY = NOON.date()
YEARS_LATER = date(2030, 1, 1)
OF_A_STATE = ("agency", "agency_site", "appeal_window", "weekly_contacts", "max_weeks", "waiting_week")
BOOK = Book.read(FILE)


def fact(reference: str = "appeal_window/FL", **changes: object) -> Fact:
    """A fact as it comes, with changes."""
    return replace(BOOK.facts[reference], **changes)  # type: ignore[arg-type]


def verified(reference: str, value: str, *, expires: date | None = None) -> Fact:
    return fact(reference, value=value, verified_on=TODAY, verified_by="carol", expires=expires)


# ------------------------------------------------------------------ the file that comes with Triage


def test_every_state_has_its_rows_and_nothing_in_the_file_passes_for_verified() -> None:
    assert {fact.jurisdiction for fact in BOOK.facts.values()} == {COUNTRY, *STATES}
    for state in STATES:
        assert tuple(fact.name for fact in BOOK.rows(state)) == OF_A_STATE
    assert not any(fact.verified_on or fact.verified_by for fact in BOOK.facts.values())
    assert all(fact.seen == date(2026, 11, 23) for fact in BOOK.facts.values())
    assert not any(words in fact.value for fact in BOOK.facts.values() for words in ("verify", "CONFLICT", "(", "["))


@pytest.mark.parametrize(
    ("reference", "value", "source"),
    [
        ("agency/FL", "FloridaCommerce", "Reemployment Assistance"),
        ("agency/CA", "Employment Development Department", "EDD for short"),
        ("agency_site/DC", "does.dc.gov", "also unemployment.dc.gov"),
        ("agency_site/TN", "tn.gov", "older: state.tn.us"),
        ("agency_site/MA", "", "no source found"),
        ("appeal_window/DE", "", "CONFLICT: 10 (workplacefairness.org) / 15"),
        ("weekly_contacts/KY", "5 activities, 3 of them applications or interviews", "since 1 Jan 2023"),
        ("waiting_week/CT", "no waiting week", "laidofflaunch.com"),
        ("agency/WY", "", "no source found"),
        ("hotline_violence/US", "1-800-799-7233", "ovc.ojp.gov"),
    ],
)
def test_a_row_is_plain_and_its_doubts_stand_with_the_source(reference: str, value: str, source: str) -> None:
    assert BOOK.facts[reference].value == value
    assert source in BOOK.facts[reference].source


def test_what_nobody_verified_runs_out_sooner_where_it_ages_faster() -> None:
    last = {kind: {f.expires for f in BOOK.facts.values() if f.kind is kind} for kind in FactKind}
    assert last == {
        FactKind.NAME: {date(2027, 11, 23)},
        FactKind.LINK: {date(2027, 11, 23)},
        FactKind.NUMBER: {date(2027, 5, 23)},
        FactKind.HOTLINE: {date(2027, 2, 23)},
    }


# ------------------------------------------------------------------ what a draft may print


def test_unverified_names_and_links_are_printed_but_numbers_and_hotlines_are_not() -> None:
    assert {*BOOK.printable("FL", TODAY)} >= {"agency", "agency_site", "job_center", "legal_aid"}
    assert not {*BOOK.printable("FL", TODAY)} & {*OF_A_STATE[2:], "hotline_crisis", "hotline_violence"}


def test_without_a_state_only_the_countrys_facts_are_printed() -> None:
    assert {fact.jurisdiction for fact in BOOK.printable(None, TODAY).values()} == {COUNTRY}
    assert {fact.jurisdiction for fact in BOOK.printable("GA", TODAY).values()} == {COUNTRY, "GA"}


def test_what_nobody_knows_is_never_printed() -> None:
    assert "agency" not in BOOK.printable("WY", TODAY)


def test_a_verified_number_is_printed_through_its_last_day() -> None:
    book = BOOK.corrected([verified("appeal_window/FL", "20 days", expires=TODAY)])

    assert book.printable("FL", TODAY)["appeal_window"].value == "20 days"
    assert "appeal_window" not in book.printable("FL", TODAY + timedelta(days=1))
    assert "appeal_window" not in book.printable("GA", TODAY)


def test_an_expired_name_is_still_printed_because_the_draft_is_then_blocked() -> None:
    agency = BOOK.printable("FL", YEARS_LATER)["agency"]

    (reason,) = BOOK.problems(f"Write to {agency.value}.", "FL", YEARS_LATER)
    assert reason == (
        "This prints FloridaCommerce, which had to be checked again by November 23, 2027. "
        "Next: an editor verifies it with `triage facts verify agency FL`."
    )


# ------------------------------------------------------------------ what stands in a text's way


@pytest.mark.parametrize(
    "text",
    [
        "See floridajobs.org.",
        "See https://www.floridajobs.org/claims, then call.",
        "Write to FLORIDACOMMERCE today.",
        "You have 20 days.",
        "The window is 20\ndays long.",
    ],
)
def test_a_text_that_prints_an_expired_value_waits(text: str) -> None:
    assert len(BOOK.problems(text, "FL", YEARS_LATER)) == 1
    assert BOOK.problems(text, "FL", TODAY) == []
    assert BOOK.problems(text, "GA", YEARS_LATER) == []


@pytest.mark.parametrize(
    "text",
    [
        "Wait 120 days.",
        "It took 1,20 days.",
        "The 20 daystar.",
        "Write to help@floridajobs.org.",
        "See my.floridajobs.org.",
        "See floridajobs.org.example.",
        "See floridajobs.orgs.",
        "FloridaCommerces and more.",
    ],
)
def test_a_part_of_something_else_is_no_expired_value(text: str) -> None:
    assert BOOK.problems(text, "FL", YEARS_LATER) == []


def test_an_address_that_another_fact_still_vouches_for_may_stand() -> None:
    book = BOOK.corrected([verified("job_center/US", "CareerOneStop.org")])

    assert BOOK.problems("See careeronestop.org.", None, YEARS_LATER)
    assert book.problems("See careeronestop.org.", None, YEARS_LATER) == []


def test_nothing_keeps_988_from_a_reader_in_danger() -> None:
    assert BOOK.problems("Call 988 now.", "FL", YEARS_LATER) == []


def test_only_verified_hotlines_are_approved_numbers() -> None:
    assert BOOK.approved_numbers(TODAY) == frozenset()
    book = BOOK.corrected(
        [verified("hotline_violence/US", "1-800-799-7233", expires=TODAY), verified("hotline_crisis/US", "988")]
    )
    assert book.approved_numbers(TODAY) == {"8007997233", "988"}
    assert book.approved_numbers(TODAY + timedelta(days=1)) == {"988"}


# ------------------------------------------------------------------ reading a file


def read(tmp_path: Path, *lines: str, head: str = ",".join(COLUMNS)) -> Book:
    path = tmp_path / "facts.csv"
    path.write_text("\n".join([head, *lines]) + "\n", "utf-8")
    return Book.read(path)


def test_a_spreadsheets_mark_and_blank_lines_do_no_harm(tmp_path: Path) -> None:
    book = read(tmp_path, "", "eeoc,US,link,eeoc.gov,seen,2026-11-23,2026-11-24,", head="\ufeff" + ",".join(COLUMNS))

    assert book.facts["eeoc/US"].verified_on == date(2026, 11, 24)
    assert book.facts["eeoc/US"].expires is None
    assert not book.facts["eeoc/US"].expired(YEARS_LATER)
    assert book.names == {"eeoc"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("eeoc,US,link,eeoc.gov,seen,2026-11-23,", "there are 7 cells. Next: write 8"),
        ("Eeoc,US,link,eeoc.gov,seen,2026-11-23,,", "'Eeoc' is not a name"),
        ("eeoc,XX,link,eeoc.gov,seen,2026-11-23,,", "'XX' is not a state"),
        ("eeoc,US,page,eeoc.gov,seen,2026-11-23,,", "'page' is not a kind of fact. Next: use one of name, link"),
        ("eeoc,US,link,https://eeoc.gov,seen,2026-11-23,,", "is not a bare address"),
        ("eeoc,US,hotline,call us,seen,2026-11-23,,", "is not a telephone number"),
        ("weeks,FL,number,12,seen,2026-11-23,,", "is not a number with what it counts"),
        ("weeks,FL,number,nothing,seen,2026-11-23,,", "is not a number with what it counts"),
        (f"agency,FL,name,{'x' * 121},seen,2026-11-23,,", "more than 120 characters"),
        ("eeoc,US,link,eeoc.gov,,2026-11-23,,", "there is no source"),
        ("eeoc,US,link,eeoc.gov,seen,,,", "no day on which it was seen"),
        ("eeoc,US,link,eeoc.gov,seen,soon,,", "'soon' in the column seen is not a day"),
        ("eeoc,US,link,eeoc.gov,seen,2026-11-23,,2026-13-01", "in the column expires is not a day"),
        ("eeoc,US,link,,seen,2026-11-23,2026-11-23,", "verified without a value"),
        ("agency,FL,name,Other,seen,2026-11-23,,", "agency/FL is there twice"),
        ("agency,GA,link,dol.georgia.gov,seen,2026-11-23,,", "agency is a name elsewhere"),
        ('eeoc,US,link,"eeoc".gov,seen,2026-11-23,,', "look at the quotes"),
    ],
)
def test_a_line_that_is_wrong_is_named_with_what_to_mend(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, "agency,FL,name,FloridaCommerce,seen,2026-11-23,,", line)

    assert str(tmp_path / "facts.csv") + ", line 3:" in str(told.value)
    assert words in str(told.value)
    assert "Next: " in str(told.value)


def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 1: the columns are not as they should be"):
        read(tmp_path, head="name,value")
    with pytest.raises(ConfigError, match=r"put the file back"):
        Book.read(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"save it as CSV UTF-8"):
        Book.read(tmp_path / "latin.csv")


# ------------------------------------------------------------------ at the desk


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def desk(database_url: str, clock: TestClock) -> Iterator[Desk]:
    desk = make_desk(database_url, clock=clock)
    yield desk
    desk.db.close()


def rows_kept(desk: Desk) -> int:
    with desk.db.read() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(tables.facts)) or 0)


def test_carol_verifies_a_number_and_from_then_on_drafts_print_it(desk: Desk) -> None:
    assert facts.book(desk) == desk.facts

    kept = facts.verify(
        desk, CAROL, "appeal_window", "fl", value=" 20 days from mailing ", source="floridajobs.org/appeals"
    )

    assert kept == Fact(
        name="appeal_window",
        jurisdiction="FL",
        kind=FactKind.NUMBER,
        value="20 days from mailing",
        source="floridajobs.org/appeals",
        seen=TODAY,
        verified_on=TODAY,
        expires=date(2027, 5, 23),
        verified_by="carol",
    )
    assert facts.book(desk).printable("FL", TODAY)["appeal_window"] == kept
    assert [*facts.book(desk).facts] == [*desk.facts.facts]


def test_a_correction_is_kept_beside_what_it_corrects(desk: Desk) -> None:
    facts.verify(desk, CAROL, "agency", "AL", value="Alabama Department of Labor", source="labor.alabama.gov")
    facts.verify(desk, CAROL, "agency", "AL", value="Alabama Department of Workforce", source="labor.alabama.gov")
    facts.verify(desk, CAROL, "agency", "GA", value="Georgia Department of Labor", source="dol.georgia.gov")

    assert [(fact.reference, fact.value) for fact in store.latest(desk.db)] == [
        ("agency/AL", "Alabama Department of Workforce"),
        ("agency/GA", "Georgia Department of Labor"),
    ]
    assert rows_kept(desk) == 3


@pytest.mark.parametrize("person", [ALI, ANA])
def test_only_an_editor_verifies(desk: Desk, person: object) -> None:
    with pytest.raises(NotAllowed, match=r"Next: ask an editor"):
        facts.verify(desk, person, "agency", "FL", value="FloridaCommerce", source="floridajobs.org")  # type: ignore[arg-type]
    assert rows_kept(desk) == 0


@pytest.mark.parametrize(
    ("reference", "value", "last"),
    [
        ("agency/FL", "FloridaCommerce", date(2027, 8, 31)),
        ("agency_site/FL", "floridajobs.org", date(2027, 8, 31)),
        ("max_weeks/FL", "12 weeks", date(2027, 2, 28)),
        ("hotline_crisis/US", "988", date(2026, 11, 30)),
    ],
)
def test_a_fact_is_good_for_as_long_as_its_kind_ages(
    desk: Desk, clock: TestClock, reference: str, value: str, last: date
) -> None:
    clock.now = NOON.replace(month=8, day=31)
    name, where = reference.split("/")

    assert facts.verify(desk, CAROL, name, where, value=value, source="seen there").expires == last


def test_the_day_is_the_desks_own(desk: Desk, clock: TestClock) -> None:
    clock.now = NOON.replace(hour=3)  # still the evening before in New York

    kept = facts.verify(desk, CAROL, "eeoc", "US", value="https://www.eeoc.gov/", source="eeoc.gov", expires=TODAY)

    assert (kept.verified_on, kept.value, kept.expires) == (TODAY - timedelta(days=1), "www.eeoc.gov", TODAY)


@pytest.mark.parametrize(
    ("name", "where", "changes", "words"),
    [
        ("agency", "FL", {"value": "  "}, "There is no value. Next: "),
        ("agency", "FL", {"source": " "}, "There is no source. Next: "),
        ("agency", "FL", {"source": "a\nb"}, "The source is not one line"),
        ("agency", "FL", {"source": "x" * 301}, "The source is not one line"),
        ("agency", "FL", {"value": "Florida\nCommerce"}, "is not one plain line"),
        ("agency", "FL", {"expires": TODAY - timedelta(days=1)}, "is over. Next: "),
        ("agencies", "FL", {}, "There is no fact named 'agencies'. Next: use one of agency, "),
        ("agency", "XX", {}, "There is no state 'XX'. Next: "),
        ("agency", "US", {}, "There is no agency for US. Next: use one of its own facts: benefits_finder, "),
        ("agency_site", "FL", {"value": "look it up"}, "is not a bare address"),
        ("appeal_window", "FL", {"value": "20"}, "is not a number with what it counts"),
        ("hotline_crisis", "US", {"value": "the crisis line"}, "is not a telephone number"),
        ("hotline_crisis", "US", {"value": "12345"}, "is not a telephone number"),
    ],
)
def test_what_cannot_be_printed_is_refused_in_plain_words(
    desk: Desk, name: str, where: str, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(Conflict) as told:
        facts.verify(desk, CAROL, name, where, **{"value": "Somebody", "source": "there", **changes})  # type: ignore[arg-type]

    assert words in str(told.value)
    assert rows_kept(desk) == 0


def test_the_log_has_the_reference_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        facts.verify(desk, CAROL, "agency", "FL", value="FloridaCommerce", source="floridajobs.org")

    said = [record.getMessage() for record in caplog.records if record.name.startswith("triage")]
    assert said == ["verified fact=agency/FL"]


# ------------------------------------------------------------------ on the command line


@pytest.fixture
def office(tmp_path: Path, sqlite_url: str) -> Path:
    """The configuration of a desk with carol and ali."""
    desk = make_desk(sqlite_url)
    for name, role in (("carol", Role.EDITOR), ("ali", Role.ADVISOR)):
        people.add(desk.db, name, role, "no hash", NOON)
    desk.db.close()
    path = tmp_path / "config.toml"
    path.write_text(
        f"""[desk]
database = "{sqlite_url}"

[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1, tls = "none" }}
smtp = {{ host = "127.0.0.1", port = 1, tls = "none" }}
""",
        "utf-8",
    )
    return path


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(triage, ["--config", str(path), "facts", *words])


VERIFY = ("verify", "max_weeks", "FL", "--value", "12 weeks", "--source", "floridajobs.org")


def test_carol_verifies_on_the_command_line_and_the_list_says_so(office: Path) -> None:
    done = run(office, *VERIFY, "--expires", "2999-12-31", "--as", "carol")

    assert done.exit_code == 0, done.output
    assert "max_weeks/FL is 12 weeks, good until 2999-12-31." in done.output
    (kept,) = [row for row in json.loads(run(office, "list", "--json").stdout) if row["verified_on"]]
    assert (kept["name"], kept["jurisdiction"], kept["value"]) == ("max_weeks", "FL", "12 weeks")
    assert (kept["verified_by"], kept["expires"], kept["expired"], kept["printable"]) == (
        "carol",
        "2999-12-31",
        False,
        True,
    )
    assert "by carol" in run(office, "list", "--state", "fl").output


def test_the_list_can_be_cut_to_a_state_and_to_what_is_not_verified(office: Path) -> None:
    run(office, *VERIFY, "--as", "carol")

    def listed(*words: str) -> set[str]:
        return {line.split()[0] for line in run(office, "list", *words).stdout.splitlines()}

    assert len(listed()) == len(BOOK.facts)
    assert listed("--state", "FL") == {fact.reference for fact in BOOK.rows("US") + BOOK.rows("FL")}
    assert listed("--state", "FL") - listed("--state", "FL", "--unverified") == {"max_weeks/FL"}
    assert run(office, "list", "--state", "Florida").exit_code == 2


def test_the_command_line_refuses_like_the_desk(office: Path) -> None:
    assert isinstance(run(office, *VERIFY, "--as", "ali").exception, NotAllowed)
    assert isinstance(run(office, *VERIFY, "--as", "nobody").exception, Conflict)
    assert run(office, *VERIFY).exit_code == 2
    assert run(office, *VERIFY, "--as", "carol", "--expires", "soon").exit_code == 2


def test_the_facts_lie_beside_the_templates(tmp_path: Path, office: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    for file in (ROOT / "templates").glob("*.txt"):
        (folder / file.name).write_bytes(file.read_bytes())
    office.write_text(office.read_text("utf-8").replace("[desk]", f'[desk]\ntemplates = "{folder}"'), "utf-8")

    with pytest.raises(ConfigError, match=r"facts\.csv"):
        wiring.build(settings.load(office))

    lines = FILE.read_text("utf-8").splitlines()
    changed = [line.replace("FloridaCommerce", "Florida Works") for line in lines]
    (folder / "facts.csv").write_text("\n".join(changed), "utf-8")
    service = wiring.build(settings.load(office))
    assert service.desk.facts.facts["agency/FL"].value == "Florida Works"
    service.close()


# ------------------------------------------------------------------ withdrawn and brought back


def test_a_withdrawn_number_passes_for_no_number_that_was_verified(desk: Desk) -> None:
    facts.verify(desk, CAROL, "appeal_window", "FL", value="20 days", source="floridajobs.org")
    said = "In Florida you have 20 days to appeal."
    assert not facts.book(desk).problems(said, "FL", TODAY)
    facts.withdraw(desk, CAROL, "appeal_window", "FL", why="the law was changed")
    (reason,) = facts.book(desk).problems(said, "FL", TODAY)
    assert "that nobody has verified" in reason


def test_what_cannot_be_withdrawn_is_said(desk: Desk) -> None:
    with pytest.raises(NotAllowed):
        facts.withdraw(desk, ALI, "agency", "FL", why="mine")
    with pytest.raises(Conflict, match="Nobody knows this fact now"):
        facts.withdraw(desk, CAROL, "agency", "WY", why="nobody knows")
    with pytest.raises(Conflict, match="not one line"):
        facts.withdraw(desk, CAROL, "agency", "FL", why="x" * 301)
    assert facts.book(desk) == desk.facts


def test_an_earlier_entry_counts_again_with_its_own_days(desk: Desk) -> None:
    day = date(2026, 12, 1)
    first = facts.verify(desk, CAROL, "agency", "FL", value="FloridaCommerce", source="there", expires=day)
    facts.withdraw(desk, CAROL, "agency", "FL", why="renamed")
    entry = facts.history(desk, "agency", "FL")[1].id
    assert facts.use_again(desk, CAROL, "agency", "FL", entry) == first
    assert len(facts.history(desk, "agency", "FL")) == 3
    with pytest.raises(NotAllowed):
        facts.use_again(desk, ALI, "agency", "FL", 0)


def test_facts_are_withdrawn_and_restored_on_the_command_line(office: Path) -> None:
    done = run(office, "withdraw", "agency", "fl", "--why", "renamed", "--as", "carol")
    assert done.exit_code == 0, done.output
    assert "agency/FL is withdrawn" in done.stderr
    assert re.search(r"agency/FL +withdrawn \d{4}-\d\d-\d\d by carol", run(office, "list", "--state", "FL").stdout)
    history = run(office, "history", "agency", "FL").stdout.splitlines()
    assert ("nobody knows it  [renamed]  carol" in history[0], history[1].split()[0]) == (True, "0")
    assert run(office, "restore", "agency", "FL", "0", "--as", "carol").exit_code == 0
    assert "FloridaCommerce" in run(office, "list", "--state", "FL").stdout
