"""How replies sound: the voices of the configuration, from the file to the draft and the checks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cast import ALI, CAROL, inbox, mail, mailbox_with, make_desk
from triage import settings, wiring
from triage.desk import Desk, collecting, deciding, learning, reading
from triage.drafting import YOUR_WORDS, Voice
from triage.drafting.voice import MAX_STORY, read_stories
from triage.errors import ConfigError, Conflict
from triage.records import Draft
from triage.store import letters

MINIMAL = """
[desk]
time_zone = "America/Chicago"

[[inbox]]
name = "advice"
address = "advice@desk.example"
voice = "column"
[inbox.imap]
host = "127.0.0.1"
port = 143
tls = "none"
[inbox.smtp]
host = "127.0.0.1"
port = 25
tls = "none"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = make_desk(f"sqlite:///{tmp_path / 'triage.db'}")
    yield made
    made.db.close()


def drafted(desk: Desk) -> Draft:
    collecting.collect(desk, mailbox_with(mail()))
    reading.assess(desk)
    reading.draft(desk)
    return the_draft(desk)


def the_draft(desk: Desk) -> Draft:
    draft = letters.dossier(desk.db, 1).draft
    assert draft is not None
    return draft


def with_voices(desk: Desk, own: str = "column", **voices: Voice) -> Desk:
    return replace(desk, inboxes={"advice": inbox(voice=own)}, voices=voices)


def test_an_inbox_speaks_in_its_voice(desk: Desk) -> None:
    column = Voice(greeting="Dear", signoffs=("Onward.",), signature="Candace", your_words=False)
    body = drafted(with_voices(desk, column=column)).body
    assert body.startswith("Dear,")
    assert body.endswith("\n\nOnward.\n\nCandace\n")
    assert YOUR_WORDS not in body


def test_a_voice_without_a_signature_signs_as_the_inbox_does(desk: Desk) -> None:
    assert drafted(with_voices(desk, column=Voice())).body.endswith("\n\nCarol Reyes\n")


def test_a_person_who_has_a_draft_written_anew_gets_their_own_voice(desk: Desk) -> None:
    desk = with_voices(desk, column=Voice(signature="The column"), ali=Voice(signature="Ali, advisor"))
    assert drafted(desk).body.endswith("The column\n")
    learning.decide_topics(desk, 1, ["resume"], ALI)
    assert the_draft(desk).body.endswith("Ali, advisor\n")
    learning.decide_topics(desk, 1, ["salary"], CAROL)  # she has no voice of her own
    assert the_draft(desk).body.endswith("The column\n")


def test_the_line_for_a_persons_own_words_has_to_be_filled_or_taken_out(desk: Desk) -> None:
    desk = with_voices(desk, column=Voice(signature="Carol"))
    draft = drafted(desk)
    assert draft.body.split("\n\n")[1] == YOUR_WORDS
    with pytest.raises(Conflict, match="your words"):
        deciding.approve(desk, 1, ALI)
    filled = draft.body.replace(YOUR_WORDS, "That ad asked for the moon.")
    revision = deciding.revise(desk, 1, ALI, subject=draft.subject, body=filled, base=draft.revision)
    assert deciding.approve(desk, 1, ALI).draft_revision == revision


def test_an_opinion_that_a_voice_does_not_hold_is_not_voiced(desk: Desk) -> None:
    silent = Voice(opinions={"never_decline_interview": False}, your_words=False)
    assert "My view is that you should" not in drafted(with_voices(desk, column=silent)).body


def test_a_story_of_her_own_is_told_and_no_other(desk: Desk, tmp_path: Path) -> None:
    story = "I once turned down an interview and wondered about it for ten years."
    file = tmp_path / "stories.txt"
    file.write_text(f"# true ones only\n\nwithdrawing: {story}\n", "utf-8")
    desk = with_voices(desk, column=Voice(stories=read_stories(file), signature="Carol", your_words=False))
    draft = drafted(desk)
    assert story in draft.body
    invented = draft.body.replace(story, f"{story} I once had a client who said no and was sorry.")
    deciding.revise(desk, 1, ALI, subject=draft.subject, body=invented, base=draft.revision)
    with pytest.raises(Conflict, match="I once had a client"):
        deciding.approve(desk, 1, ALI)


def test_a_word_that_a_voice_never_says_stops_the_reply(desk: Desk) -> None:
    desk = with_voices(desk, column=Voice(banned=("journey",), signature="Carol", your_words=False))
    draft = drafted(desk)
    text = draft.body.replace("Carol", "It is a journey.\n\nCarol")
    deciding.revise(desk, 1, ALI, subject=draft.subject, body=text, base=draft.revision)
    with pytest.raises(Conflict, match="journey"):
        deciding.approve(desk, 1, ALI)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no topic here", "line 2"),
        ("with draw: a story", "line 2"),
        ("offer:", "line 2"),
        (f"offer: {'x' * MAX_STORY}", "shorten it"),
    ],
)
def test_a_line_that_is_no_story_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "stories.txt"
    file.write_text(f"offer: I said yes once.\n{line}\n", "utf-8")
    with pytest.raises(ConfigError, match=said):
        read_stories(file)


def test_stories_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.txt"):
        read_stories(tmp_path / "nothing.txt")


def test_the_voices_of_the_configuration_are_built(tmp_path: Path) -> None:
    stories = tmp_path / "stories.txt"
    stories.write_text("offer: I said yes once.\n", "utf-8")
    file = tmp_path / "config.toml"
    file.write_text(
        f'{MINIMAL}\n[[voice]]\nname = "column"\ngreeting = "Dear"\nopinions_off = ["never_decline_interview"]\n'
        f'banned = ["journey"]\nstories = "{stories}"\nyour_words = false\n',
        "utf-8",
    )
    voice = wiring.load_voices(settings.load(file))["column"]
    assert (voice.greeting, voice.banned, voice.your_words) == ("Dear", ("journey",), False)
    assert voice.opinions["never_decline_interview"] is False
    assert voice.stories == {"offer": ["I said yes once."]}
    assert voice.time_zone == "America/Chicago"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "no .*voice.* named 'column'"),
        ('[[voice]]\nname = "column"\n[[voice]]\nname = "column"\n', "two voices"),
        ('[voice]\nname = "column"\n', "two pairs of brackets"),
        ('[[voice]]\nname = "column"\nhumor = "dry"\n', "no setting named 'humor'"),
    ],
)
def test_a_voice_that_cannot_be_is_named(tmp_path: Path, more: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"{MINIMAL}\n{more}", "utf-8")
    with pytest.raises(ConfigError, match=said):
        settings.load(file)
