"""What a columnist or advisor has settled once about how her replies sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

from triage.errors import ConfigError

OPINIONS = {"never_decline_interview": True}
"""The standing opinions that the templates may voice, and whether they are held unless a voice says otherwise."""
MAX_STORY = 400  # characters


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
    """The stories of a file, by topic: one a line, as "topic: the story". ConfigError names the line to mend."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The stories in {path} cannot be read ({error}). Next: save them as plain text.") from error
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        topic, colon, story = line.partition(":")
        where = f"{path}, line {number}:"
        if not colon or not topic.strip().isidentifier() or not story.strip():
            raise ConfigError(f"{where} this is no story. Next: write a topic, a colon and the story.")
        if len(story) > MAX_STORY:
            raise ConfigError(f"{where} this story has more than {MAX_STORY} characters. Next: shorten it.")
        found.setdefault(topic.strip(), []).append(" ".join(story.split()))
    return found
