"""The language of a letter. Most are English, and a short one always counts as English."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]

CANDIDATES = (
    "en",
    "es",
    "fr",
    "pt",
    "it",
    "de",
    "nl",
    "pl",
    "ru",
    "uk",
    "ar",
    "zh",
    "ja",
    "ko",
    "vi",
    "tl",
    "ht",
    "hi",
    "tr",
)
_SHORTEST = 40  # letters; below this a name or a place decides, and wrongly
_SURE = 0.95
_OWN_SCRIPT = frozenset({"ru", "uk", "ar", "zh", "ja", "ko", "hi"})
_LETTER = re.compile(r"[^\W\d_]")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+")


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in CANDIDATES if code in identifier.nb_classes])
    return identifier


def tell_language(text: str) -> str:
    """An ISO 639-1 code; "en" unless the text is clearly something else, "und" when it has no letters."""
    plain = _ADDRESS.sub(" ", text)
    letters = len(_LETTER.findall(plain))
    if not letters:
        return "und"
    foreign = sum(ord(character) > 0x36F for character in plain if character.isalpha()) / letters
    if letters < _SHORTEST and foreign < 0.5:
        return "en"
    code, chance = _identifier().classify(plain[:5000])
    if code == "en" or chance < _SURE or (code in _OWN_SCRIPT and foreign < 0.3):
        return "en"
    return str(code)
