"""What a columnist or advisor has settled once about how her replies sound."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from triage import settings
from triage.errors import ConfigError

OPINIONS = {"never_decline_interview": True}
"""The standing opinions that the templates may voice, and whether they are held unless a voice says otherwise."""
MAX_STORY = 400  # characters
MAX_GREETING = 60
MAX_SIGNOFF = 200
MAX_SIGNATURE = 300
MOST = 100  # sign-offs, banned words, stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Greeting, sign-offs, signature, standing opinions, banned words and own stories; where she reads the clock.

    `stories`: for a topic, sentences of her own that a reply about it may tell. Raises ConfigError for a
    time zone that this machine does not know.
    """

    greeting: str = "Hello"
    signoffs: Sequence[str] = ()
    signature: str = ""
    opinions: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType(OPINIONS))
    banned: Sequence[str] = ()
    stories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    your_words: bool = True  # whether each draft has a line that she fills herself
    time_zone: str = "America/New_York"

    def __post_init__(self) -> None:
        object.__setattr__(self, "opinions", MappingProxyType({**OPINIONS, **self.opinions}))
        try:
            ZoneInfo(self.time_zone)
        except (OSError, ValueError, KeyError) as error:
            raise ConfigError(
                f"There is no time zone named {self.time_zone!r}. Next: write one such as America/New_York."
            ) from error

    def day(self, moment: datetime) -> date:
        """The calendar day of `moment` where the columnist is."""
        try:
            return moment.astimezone(ZoneInfo(self.time_zone)).date()
        except OverflowError:  # the first or last day that Python can count
            return moment.date()

    def signoff(self, choice: int) -> str:
        """One of her sign-offs; empty when she has none of her own."""
        return self.signoffs[choice % len(self.signoffs)] if self.signoffs else ""

    def story(self, topic: str, choice: int) -> str:
        """One of her stories about `topic`; empty when she has none."""
        own = self.stories.get(topic, ())
        return own[choice % len(own)] if own else ""


def read_stories(path: Path) -> dict[str, list[str]]:
    """The stories of a file, by topic, as `stories_in` reads them. ConfigError names the line to mend."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The stories in {path} cannot be read ({error}). Next: save them as plain text.") from error
    return stories_in(text, f"{path}, ")


def stories_in(text: str, where: str = "") -> dict[str, list[str]]:
    """Stories by topic, one a line, as "topic: the story". ConfigError names the line to mend, after `where`."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        topic, colon, story = line.partition(":")
        place = f"{where}line {number}:"
        if not colon or not topic.strip().isidentifier() or not story.strip():
            raise ConfigError(f"{place} this is no story. Next: write a topic, a colon and the story.")
        if len(story) > MAX_STORY:
            raise ConfigError(f"{place} this story has more than {MAX_STORY} characters. Next: shorten it.")
        found.setdefault(topic.strip(), []).append(" ".join(story.split()))
    return found


def configured(own: settings.Voice, stories: Mapping[str, Sequence[str]], time_zone: str) -> Voice:
    """The voice that a [[voice]] of the configuration describes, with the stories that were read for it."""
    return Voice(
        greeting=own.greeting,
        signoffs=own.signoffs,
        signature=own.signature,
        opinions=dict.fromkeys(own.opinions_off, False),
        banned=own.banned,
        stories=stories,
        your_words=own.your_words,
        time_zone=time_zone,
    )


def described(name: str, voice: Voice) -> settings.Voice:
    """A voice as a [[voice]] describes it, except that `stories` are the stories themselves."""
    return settings.Voice(
        name=name,
        greeting=voice.greeting,
        signoffs=tuple(voice.signoffs),
        signature=voice.signature,
        opinions_off=tuple(opinion for opinion, held in voice.opinions.items() if not held),
        banned=tuple(voice.banned),
        stories="".join(f"{topic}: {story}\n" for topic, told in voice.stories.items() for story in told),
        your_words=voice.your_words,
    )


def to_json(own: settings.Voice) -> str:
    """A voice with its stories as it is kept."""
    return json.dumps(asdict(own), ensure_ascii=False)


def from_json(text: str, time_zone: str) -> Voice:
    """What `to_json` wrote, under the rules of the configuration and those of `checked`. Raises ConfigError."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError("This voice cannot be read. Next: write it anew.") from error
    return checked(settings.read_voice(table, "This voice:"), time_zone)


def checked(own: settings.Voice, time_zone: str) -> Voice:
    """The voice, if every reply can be written in it. ConfigError says what to mend."""
    _plain("The greeting", own.greeting, MAX_GREETING)
    for signoff in own.signoffs:
        _plain("A sign-off", signoff, MAX_SIGNOFF)
    for word in own.banned:
        _plain("A word that is never used", word, MAX_GREETING)
    for line in own.signature.split("\n"):
        _plain("The signature", line or "-", MAX_SIGNATURE)
    if len(own.signature) > MAX_SIGNATURE:
        raise ConfigError(f"The signature has more than {MAX_SIGNATURE} characters. Next: shorten it.")
    stories = stories_in(own.stories, "Stories, ")
    for kind, items in (("sign-offs", own.signoffs), ("words", own.banned), ("stories", own.stories.splitlines())):
        if len(items) > MOST:
            raise ConfigError(f"There are more than {MOST} {kind}. Next: take some out.")
    if unknown := {*own.opinions_off} - OPINIONS.keys():
        raise ConfigError(f"There is no opinion named {min(unknown)!r}. Next: use one of {', '.join(OPINIONS)}.")
    _without_gaps((own.greeting, *own.signoffs, own.signature, own.stories))
    return configured(own, stories, time_zone)


def _plain(what: str, text: str, limit: int) -> None:
    if not text.strip() or not text.isprintable() or len(text) > limit:
        raise ConfigError(f"{what} is not one plain line of up to {limit} characters. Next: write it so.")


def _without_gaps(texts: Iterable[str]) -> None:
    if any("[[" in text or "]]" in text for text in texts):
        raise ConfigError("Double brackets make a gap in every reply. Next: take them out.")
