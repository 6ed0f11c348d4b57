"""Templates and voices changed at the desk: what counts, for whom, and how it is taken back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cast import ALI, ANA, CAROL, FACTS, NOON, ROOT, TEMPLATES, mail, mailbox_with, make_desk
from triage import settings, wiring
from triage.cli import triage
from triage.desk import Desk, collecting, deciding, learning, reading, templates, trying, voices, words, writing
from triage.drafting import Templates, Voice
from triage.drafting.files import TemplateFault
from triage.drafting.library import write_out
from triage.errors import Conflict, NotAllowed
from triage.lazy import LazyAssessor
from triage.records import Letter
from triage.stages import Role
from triage.store import edits, house, letters, people, texts


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    made = make_desk(database_url, voice="column")
    made = replace(made, voices={"column": Voice(signature="Carol Reyes", your_words=False)})
    yield made
    made.db.close()


@pytest.fixture
def elsewhere(desk: Desk, database_url: str) -> Iterator[Desk]:
    """The same desk in another process: its own connection, and its own memory of the texts."""
    other = replace(make_desk(database_url, voice="column"), voices=desk.voices)
    yield other
    other.db.close()


def text(desk: Desk, name: str = "withdrawing") -> str:
    return templates.text(desk, name)


def with_answer(body: str, answer: str) -> str:
    """The text with another general answer."""
    before, _, after = body.partition("## answer\n")
    _, _, rest = after.partition("\n## reasons")
    return f"{before}## answer\n{answer}\n\n## reasons{rest}"


def save(desk: Desk, answer: str, *, why: str = "shorter", name: str = "withdrawing") -> None:
    newest = templates.versions(desk, name)[0].id
    assert templates.save(desk, CAROL, name, with_answer(text(desk, name), answer), why=why, seen=newest)


def drafted(desk: Desk) -> str:
    """The draft for a letter about pulling out."""
    collecting.collect(desk, mailbox_with(mail("May I pull out? They moved the day again.")))
    reading.assess(desk)
    reading.draft(desk)
    draft = letters.dossier(desk.db, 1).draft
    assert draft is not None
    return draft.body


def keep(desk: Desk, kind: str, name: str, body: str) -> None:
    """A row as an older version of Triage may have left it."""
    seen = next((row.id for row in texts.history(desk.db, kind, name)), 0)
    texts.add(desk.db, kind=kind, name=name, body=body, who="carol", why="", what="", seen=seen, now=NOON)


def few_templates(desk: Desk, folder: Path) -> Desk:
    """A desk without a template for pay, and with one that asks whether pay is answered, too."""
    write_out(ROOT / "templates", folder / "few")
    (folder / "few" / "salary.txt").unlink()
    offer = folder / "few" / "offer.txt"
    asking = "## answer\n{% if also_salary %}Now pay.{% endif %}\n"
    offer.write_text(offer.read_text("utf-8").replace("## answer\n", asking, 1), "utf-8")
    return replace(desk, templates=Templates.load(folder / "few", FACTS.names))


# ------------------------------------------------------------------ templates


def test_carols_text_is_what_new_drafts_are_made_of(desk: Desk) -> None:
    save(desk, "Hear them out first.")

    assert "Hear them out first." in drafted(desk)
    assert "Hear them out first." not in str(desk.templates.of("withdrawing").blocks)


def test_another_process_sees_a_change_and_its_end_at_once(desk: Desk, elsewhere: Desk) -> None:
    assert words.templates(elsewhere) is elsewhere.templates
    save(desk, "Hear them out first.")
    assert "Hear them out first." in text(elsewhere)
    assert words.templates(elsewhere).of("withdrawing").version == "2"

    newest = templates.versions(desk, "withdrawing")[0].id
    templates.use_again(desk, CAROL, "withdrawing", 0, seen=newest)
    assert text(elsewhere) == TEMPLATES.files["withdrawing"].text
    assert words.templates(elsewhere).of("withdrawing").version == "1"


def test_templates_are_put_together_anew_only_when_a_text_was_saved(desk: Desk) -> None:
    save(desk, "Hear them out first.")
    first = words.templates(desk)
    assert words.templates(desk) is first
    save(desk, "Hear them out.")
    assert words.templates(desk) is not first


def test_every_version_is_kept_with_who_made_it_and_why(desk: Desk) -> None:
    save(desk, "One.", why="shorter close")
    save(desk, "Two.", why="  warmer\nagain ")

    versions = templates.versions(desk, "withdrawing")
    assert [version.row.why if version.row else None for version in versions] == ["warmer again", "shorter close", None]
    assert ["Two." in versions[0].text, "One." in versions[1].text] == [True, True]
    assert versions[2].text == TEMPLATES.files["withdrawing"].text
    assert [(row.who, row.what) for row in house.log(desk.db)] == [
        ("carol", "changed the template withdrawing: warmer again"),
        ("carol", "changed the template withdrawing: shorter close"),
    ]


def test_an_earlier_version_counts_again_as_a_new_row(desk: Desk) -> None:
    save(desk, "One.")
    save(desk, "Two.")
    newest, first, _ = templates.versions(desk, "withdrawing")

    templates.use_again(desk, CAROL, "withdrawing", first.id, seen=newest.id)

    assert text(desk) == first.text
    assert len(templates.versions(desk, "withdrawing")) == 4
    with pytest.raises(Conflict, match="no such earlier version"):
        templates.use_again(desk, CAROL, "withdrawing", 999, seen=newest.id)


def test_a_changed_text_gets_a_version_that_no_other_text_has(desk: Desk) -> None:
    save(desk, "One.")
    templates.use_again(desk, CAROL, "withdrawing", 0, seen=templates.versions(desk, "withdrawing")[0].id)
    save(desk, "Two.")
    assert words.templates(desk).of("withdrawing").reference == "withdrawing@3"

    body = text(desk).replace("version: 3", "version: spring", 1)
    for expected in ("spring", "spring.2", "spring.3"):
        body += f"\n# case: {expected.replace('.', '')}x\nasks:\n- a\n- b\n- c\n\n## answer\nYes.\n"
        newest = templates.versions(desk, "withdrawing")[0].id
        templates.save(desk, CAROL, "withdrawing", body, why="more", seen=newest)
        assert words.templates(desk).of("withdrawing").version == expected


def test_saving_what_counts_already_saves_nothing(desk: Desk) -> None:
    body = text(desk).replace("\n", "\r\n") + "\r\n\r\n"  # as a browser sends it
    assert templates.save(desk, CAROL, "withdrawing", body, why="none", seen=0) is False
    assert texts.latest(desk.db) == []


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        ("topic: withdrawing\nversion: 1\n\n## acknowlege\nx\n", 4, "there is no block '## acknowlege'"),
        ("topic: withdrawing\nversion: 1\n\n## acknowledge\nx\n\n## answer\n{{ weather }}\n", 8, "'weather'"),
        ("topic: offer\nversion: 1\n\n## acknowledge\nx\n\n## answer\ny\n", 0, "does not begin with its topic"),
        ("", 0, "does not begin with its topic"),
    ],
)
def test_a_text_with_a_fault_is_not_saved_and_the_fault_has_its_line(
    desk: Desk, body: str, line: int, what: str
) -> None:
    with pytest.raises(TemplateFault) as caught:
        templates.save(desk, CAROL, "withdrawing", body, why="mine", seen=0)
    assert (caught.value.line, caught.value.topic) == (line, "withdrawing")
    assert what in caught.value.what
    assert texts.latest(desk.db) == []


def test_a_reason_is_wanted_and_is_one_line(desk: Desk) -> None:
    for why in ("", "  ", "x" * 201):
        with pytest.raises(Conflict, match="reason"):
            templates.save(desk, CAROL, "withdrawing", with_answer(text(desk), "No."), why=why, seen=0)
    assert texts.latest(desk.db) == []


def test_only_an_editor_changes_templates(desk: Desk) -> None:
    for person in (ALI, ANA):
        with pytest.raises(NotAllowed):
            templates.save(desk, person, "withdrawing", with_answer(text(desk), "No."), why="mine", seen=0)
        with pytest.raises(NotAllowed):
            templates.use_again(desk, person, "withdrawing", 0, seen=0)
    assert [templates.may_look(person) for person in (CAROL, ALI, ANA)] == [True, True, False]


def test_whoever_saves_second_is_told_and_overwrites_nothing(desk: Desk) -> None:
    body = text(desk)
    save(desk, "One.")
    with pytest.raises(Conflict, match="carol has saved another version"):
        templates.save(desk, CAROL, "withdrawing", with_answer(body, "Two."), why="mine", seen=0)
    assert "One." in text(desk)


def test_of_two_who_save_at_the_same_moment_one_is_told(desk: Desk) -> None:
    def add(number: int) -> bool:
        try:
            texts.add(
                desk.db,
                kind="template",
                name="offer",
                body=f"text {number}",
                who="carol",
                why="",
                what="",
                seen=0,
                now=NOON,
            )
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1
    assert len(texts.history(desk.db, "template", "offer")) == 1


def test_there_are_templates_only_for_topics_that_the_machine_knows(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="no topic 'cooking'"):
        templates.save(desk, CAROL, "cooking", "topic: cooking\n", why="new", seen=0)
    few = few_templates(desk, tmp_path)
    assert "salary" in templates.names(few)
    assert "[[your answer about pay]]" in text(few, "salary")

    body = text(few, "salary").replace("[[your answer about pay]]", "Ask for the range.")
    assert templates.save(few, CAROL, "salary", body, why="a text of its own", seen=0)
    assert words.templates(few).of("salary").topic == "salary"
    templates.use_again(few, CAROL, "salary", 0, seen=templates.versions(few, "salary")[0].id)
    assert words.templates(few).of("salary").topic == "general"


@pytest.mark.parametrize("body", ["not a template", "topic: withdrawing\nversion: 9\n\n## answer\n{{ gone }}\n"])
def test_a_saved_text_that_can_no_longer_be_used_never_stops_drafting(desk: Desk, body: str) -> None:
    save(desk, "Kept as it is.", name="offer")
    keep(desk, "template", "withdrawing", body)

    assert "unless you know something bad" in drafted(desk)
    assert list(words.words(desk).broken) == [("template", "withdrawing")]
    assert "Kept as it is." in text(desk, "offer")
    save(desk, "Mended.")
    assert words.words(desk).broken == {}


def test_a_list_of_topics_that_no_longer_fits_the_files_is_what_is_left_out(desk: Desk, tmp_path: Path) -> None:
    """A file asks whether pay is answered, too; a saved list without that topic breaks the file, not itself."""
    few = few_templates(desk, tmp_path)
    general, _, blocks = text(few, "general").partition("names:\n")
    save(few, "Kept as it is.", name="resume")
    keep(few, "template", "general", f"{general}\n{blocks.partition(chr(10) * 2)[2]}")

    assert list(words.words(few).broken) == [("template", "general")]
    assert "Kept as it is." in text(few, "resume")


def test_a_prepared_answer_is_added_by_somebody_who_never_saw_the_format(desk: Desk) -> None:
    asks = [
        "Do I have to tell my current boss?",
        " - should i tell my manager i applied ",
        "",
        "Is it rude not to say?",
    ]
    body = templates.with_answer(text(desk), "Tell the boss", asks, "Not yet. Wait for the offer.\r\n")
    templates.save(desk, CAROL, "withdrawing", body, why="a new answer", seen=0)

    case = words.templates(desk).of("withdrawing").cases["tell_the_boss"]
    assert case.asks == [asks[0], "should i tell my manager i applied", asks[3]]
    assert case.blocks["answer"][0].render({}) == "Not yet. Wait for the offer."


@pytest.mark.parametrize(
    ("name", "asks", "answer", "what"),
    [
        ("", ["a", "b", "c"], "Yes.", "has no name"),
        ("123", ["a", "b", "c"], "Yes.", "has no name"),
        ("x" * 41, ["a", "b", "c"], "Yes.", "has no name"),
        ("not qualified", ["a", "b", "c"], "Yes.", "already"),
        ("new", ["a", "b", "  ", "- "], "Yes.", "too few questions"),
        ("new", ["a", "b", "c"], " ", "no answer"),
        ("new", ["a", "b", "c"], "Yes.\n# case: other", "begins with #"),
    ],
)
def test_what_is_missing_from_a_prepared_answer_is_named(
    desk: Desk, name: str, asks: list[str], answer: str, what: str
) -> None:
    with pytest.raises(Conflict, match=what):
        templates.with_answer(text(desk), name, asks, answer)


def test_a_prepared_answer_of_the_desk_is_recognised_by_its_questions(desk: Desk) -> None:
    reader = LazyAssessor(lambda: wiring.model_folder(None), lambda: words.templates(desk))
    letter = Letter(received_at=NOON, body="Hello. Must I wear the company's uniform to the interview? Rosa")
    assert "uniform" not in [ask.case for ask in reader.asks(letter, ["interview"])]

    asks = ["Must I wear the company's uniform to the interview?", "do i go in uniform", "Uniform or my own clothes?"]
    body = templates.with_answer(text(desk, "interview"), "uniform", asks, "Your own clothes.")
    templates.save(desk, CAROL, "interview", body, why="a new answer", seen=0)
    assert "uniform" in [ask.case for ask in reader.asks(letter, ["interview"])]


def test_topics_and_cases_that_people_set_are_those_of_the_desk(desk: Desk) -> None:
    drafted(desk)
    body = templates.with_answer(text(desk), "asked twice", ["a", "b", "c"], "They may ask twice.")
    templates.save(desk, CAROL, "withdrawing", body, why="a new answer", seen=0)

    learning.decide_topics(desk, 1, ["withdrawing"], ALI, cases={"withdrawing": "asked_twice"})
    draft = letters.dossier(desk.db, 1).draft
    assert draft is not None
    assert "They may ask twice." in draft.body
    assert draft.templates == ("withdrawing@2",)


# ------------------------------------------------------------------ trying


def test_a_text_is_tried_on_a_letter_and_nothing_is_written(desk: Desk) -> None:
    drafted(desk)
    before = letters.dossier(desk.db, 1)
    trial = templates.checked(desk, "withdrawing", with_answer(text(desk), "Only tried."))

    assert "Only tried." in trying.template(desk, trial, "withdrawing", trying.sample(desk, 1)).body
    assert "Only tried." not in text(desk)
    assert letters.dossier(desk.db, 1) == before
    assert texts.latest(desk.db) == []


def test_the_prepared_answer_to_try_can_be_chosen(desk: Desk) -> None:
    drafted(desk)
    body = templates.with_answer(text(desk), "asked twice", ["a", "b", "c"], "They may ask twice.")
    trial = templates.checked(desk, "withdrawing", body)
    dossier = trying.sample(desk, 1)
    assert "They may ask twice." in trying.template(desk, trial, "withdrawing", dossier, "asked_twice").body
    assert "They may ask twice." not in trying.template(desk, trial, "withdrawing", dossier, "").body


@pytest.mark.parametrize("name", ["frame", "general", "unclear", "thanks", "column_feedback", "caring", "salary"])
def test_every_kind_of_template_can_be_tried_on_any_letter(desk: Desk, name: str) -> None:
    body = text(desk, name)
    mark = "## greeting\n" if name == "frame" else "## answer\n"
    trial = templates.checked(desk, name, body.replace(mark, f"{mark}Seen in the draft. "))
    found = trying.template(desk, trial, name, trying.typed(desk, "What shall I do?"))
    assert "Seen in the draft." in found.body


def test_no_held_letter_is_offered_or_tried(desk: Desk) -> None:
    collecting.collect(
        desk,
        mailbox_with(
            mail("There is no point anymore. May I pull out?", message_id="<held@reader.example>"),
            mail("May I pull out?", message_id="<plain@reader.example>"),
        ),
    )
    assert trying.samples(desk, "withdrawing") == []  # nobody has read them yet
    with pytest.raises(Conflict, match="has not been read"):
        trying.sample(desk, 2)
    reading.assess(desk)
    reading.draft(desk)

    assert [sample.letter_id for sample in trying.samples(desk, "withdrawing")] == [2]
    assert [sample.letter_id for sample in trying.samples(desk, "frame")] == [2]
    assert trying.samples(desk, "salary") == []
    with pytest.raises(Conflict, match="is held"):
        trying.sample(desk, 1)
    with pytest.raises(Conflict, match="is held"):
        trying.typed(desk, "There is no point anymore.")


def test_a_letter_that_was_let_go_in_danger_is_not_offered_either(desk: Desk) -> None:
    collecting.collect(desk, mailbox_with(mail("There is no point anymore. May I pull out?")))
    reading.assess(desk)
    deciding.set_aside(desk, 1, ALI, why="a test")
    assert trying.samples(desk) == []
    with pytest.raises(Conflict, match="is held"):
        trying.sample(desk, 1)


# ------------------------------------------------------------------ voices


def described(desk: Desk, name: str = "column", /, **changes: object) -> settings.Voice:
    return replace(voices.described_now(desk, name), **changes)  # type: ignore[arg-type]


def test_a_voice_changed_at_the_desk_is_heard_in_the_next_draft_everywhere(desk: Desk, elsewhere: Desk) -> None:
    own = described(desk, greeting="Dear", signoffs=("Onward.",), signature="Candace\nThe column", banned=("journey",))
    assert voices.save(desk, CAROL, own, why="warmer", seen=0)

    body = drafted(elsewhere)
    assert body.startswith("Dear,")
    assert body.endswith("\n\nOnward.\n\nCandace\nThe column\n")
    problems = writing.problems(elsewhere, letters.dossier(desk.db, 1), "Re:", "It is a journey.\n\nCandace")
    assert any("journey" in problem for problem in problems)
    assert house.log(desk.db)[0].what == "changed the voice column: warmer"


def test_a_voice_keeps_everything_that_it_is_made_of(desk: Desk) -> None:
    own = described(
        desk, opinions_off=("never_decline_interview",), stories="offer: I said yes once.\n", your_words=True
    )
    voices.save(desk, CAROL, own, why="", seen=0)
    voice = words.voices(desk)["column"]
    assert voice.opinions["never_decline_interview"] is False
    assert (voice.stories, voice.your_words) == ({"offer": ["I said yes once."]}, True)
    assert voice.time_zone == "America/New_York"
    assert voices.described_now(desk, "column") == own
    assert voices.save(desk, CAROL, own, why="", seen=voices.history(desk, "column")[0].id) is False


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"greeting": ""}, "greeting"),
        ({"greeting": "x" * 61}, "greeting"),
        ({"signoffs": ("a\tb",)}, "sign-off"),
        ({"signoffs": ("x",) * 101}, "more than 100 sign-offs"),
        ({"signature": "x\n" * 200}, "signature"),
        ({"signature": "[[your name]]"}, "Double brackets"),
        ({"banned": ("",)}, "never used"),
        ({"opinions_off": ("flat_earth",)}, "no opinion named 'flat_earth'"),
        ({"stories": "no topic here\n"}, "line 1"),
        ({"stories": "cooking: I burned it.\n"}, "no topic"),
        ({"name": " "}, "no name"),
        ({"name": "../x"}, "no name"),
        ({"name": "a/b"}, "no name"),
        ({"name": "x" * 61}, "no name"),
    ],
)
def test_a_voice_that_no_reply_can_be_written_in_is_refused(desk: Desk, changes: dict[str, object], what: str) -> None:
    with pytest.raises(Conflict, match=what):
        voices.save(desk, CAROL, described(desk, **changes), why="", seen=0)
    assert texts.latest(desk.db) == []


def test_ali_changes_his_own_voice_and_no_other(desk: Desk) -> None:
    drafted(desk)
    assert voices.save(desk, ALI, described(desk, "ali", signature="Ali, advisor"), why="", seen=0)
    with pytest.raises(NotAllowed, match="only the voice ali"):
        voices.save(desk, ALI, described(desk, greeting="Yo"), why="", seen=0)
    with pytest.raises(NotAllowed):
        voices.save(desk, ANA, described(desk, "ana", greeting="Yo"), why="", seen=0)

    learning.decide_topics(desk, 1, ["resume"], ALI)
    draft = letters.dossier(desk.db, 1).draft
    assert draft is not None
    assert draft.body.endswith("Ali, advisor\n")


def test_a_voice_goes_back_to_an_earlier_one_to_the_configuration_and_away(desk: Desk) -> None:
    for greeting in ("Dear", "Hi"):
        seen = next((row.id for row in voices.history(desk, "column")), 0)
        voices.save(desk, CAROL, described(desk, greeting=greeting), why="", seen=seen)
    newest, first = voices.history(desk, "column")
    voices.use_again(desk, CAROL, "column", first.id, seen=newest.id)
    assert words.voices(desk)["column"].greeting == "Dear"
    voices.use_again(desk, CAROL, "column", 0, seen=voices.history(desk, "column")[0].id)
    assert words.voices(desk)["column"] == desk.voices["column"]
    assert house.log(desk.db)[0].what == "put the voice column back as it came"

    voices.save(desk, CAROL, described(desk, "ali", greeting="Hi"), why="", seen=0)
    voices.use_again(desk, CAROL, "ali", 0, seen=voices.history(desk, "ali")[0].id)
    assert voices.names(desk) == ["column"]
    assert house.log(desk.db)[0].what == "took the voice ali away"
    with pytest.raises(Conflict, match="no such earlier"):
        voices.use_again(desk, CAROL, "ali", 999, seen=voices.history(desk, "ali")[0].id)


@pytest.mark.parametrize(
    "body", ["{", "[1]", '{"name": "column", "tone": 1}', '{"name": "column", "greeting": 7}', '{"greeting": "Hi"}']
)
def test_a_voice_that_can_no_longer_be_read_leaves_that_of_the_configuration(desk: Desk, body: str) -> None:
    keep(desk, "voice", "column", body)
    assert words.voices(desk)["column"] == desk.voices["column"]
    assert list(words.words(desk).broken) == [("voice", "column")]
    assert drafted(desk).endswith("Carol Reyes\n")


def test_a_voice_is_heard_on_a_letter_before_it_is_saved(desk: Desk) -> None:
    drafted(desk)
    trial = voices.read(desk, described(desk, greeting="Good evening"))
    assert trying.voice(desk, trial, "column", trying.sample(desk, 1)).body.startswith("Good evening,")
    assert words.voices(desk)["column"].greeting == "Hello"
    assert texts.latest(desk.db) == []


def test_whose_voice_it_is_is_said(desk: Desk) -> None:
    people.add(desk.db, "ali", Role.ADVISOR, "hash", NOON)
    assert voices.speaks(desk, "column") == ["the inbox advice"]
    assert voices.speaks(desk, "ali") == ["drafts that ali has written anew"]
    assert voices.speaks(desk, "nobody") == []


# ------------------------------------------------------------------ what people change before they sign


def test_changed_sentences_are_counted_for_each_template(desk: Desk) -> None:
    drafted(desk)
    draft = letters.dossier(desk.db, 1).draft
    assert draft is not None
    body = draft.body.replace("They picked you", "They chose you among many others, and not by chance; think of that")
    deciding.revise(desk, 1, ALI, subject=draft.subject, body=body, base=draft.revision)
    deciding.approve(desk, 1, ALI)

    drafted_ones, changed = edits.by_template(desk.db)["withdrawing"]
    found = edits.every(desk.db, "withdrawing")
    assert (drafted_ones, changed) == (len(found), sum(edit.distance > 0 for edit in found))
    assert changed >= 1
    assert edits.every(desk.db, "withdraw") == []


# ------------------------------------------------------------------ the commands

CONFIG = """
[desk]
database = "{database}"
[[inbox]]
name = "advice"
address = "advice@desk.example"
imap = {{ host = "127.0.0.1", port = 1 }}
smtp = {{ host = "127.0.0.1", port = 1 }}
"""


@pytest.fixture
def config(desk: Desk, database_url: str, tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(database=database_url), "utf-8")
    return file


def run(config: Path, *command: str) -> Result:
    return CliRunner().invoke(triage, ["--config", str(config), "templates", *command])


def test_the_commands_see_what_was_changed_at_the_desk(desk: Desk, config: Path, tmp_path: Path) -> None:
    save(desk, "Hear them out first.", why="shorter close")

    assert "withdrawing@2" in run(config, "list").output
    assert "Hear them out first." in run(config, "preview", "--topic", "withdrawing").output
    assert run(config, "export", str(tmp_path / "out")).exit_code == 0
    assert (tmp_path / "out" / "withdrawing.txt").read_text("utf-8") == text(desk)
    same = ROOT / "templates" / "offer.txt"
    assert (tmp_path / "out" / "offer.txt").read_bytes() == same.read_bytes()
    assert "withdrawing@1" in run(config, "list", "--folder", str(ROOT / "templates")).output


def test_history_says_who_changed_a_template_when_and_why(desk: Desk, config: Path) -> None:
    save(desk, "Hear them out first.", why="shorter close")
    lines = [line for line in run(config, "history", "withdrawing").output.splitlines() if "INFO" not in line]
    assert lines == ["2026-11-23 07:00  carol  shorter close", "as it came"]
    assert run(config, "history", "cooking").exit_code != 0


def test_lint_names_a_saved_text_that_cannot_be_used(desk: Desk, config: Path) -> None:
    keep(desk, "template", "withdrawing", "not a template")
    failed = run(config, "lint")
    assert "The template withdrawing as it was saved at the desk cannot be used" in str(failed.exception)


def test_templates_can_be_checked_before_there_is_a_database(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CONFIG.format(database=f"sqlite:///{tmp_path / 'none.db'}"), "utf-8")
    assert run(file, "lint").exit_code == 0
    assert not (tmp_path / "none.db").exists()
