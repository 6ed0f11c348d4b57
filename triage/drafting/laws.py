"""The law, told as if it were certain. General statements pass: "the law differs", "should generally show you"."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import DOUBT, Sentence, claimed

_LAW = r"(?:the|federal|state|us|labor|employment|your state's|the state's|that state's|american)"
_ACT = (
    r"(?:ADA|FMLA|FLSA|FCRA|ADEA|EEOC|NLRA|OSHA|WARN Act|COBRA|ERISA|HIPAA|Title [IVX]+|the Constitution|"
    r"the (?:[A-Z]\w+ ){1,5}Act|the courts?|section \d+)"
)
_ORDERS = (
    r"(?:says?|requires?|demands?|gives? you|entitles?|forbids?|prohibits?|bars?|guarantees?|protects?|allows? you|allow you|"
    r"is (?:clear|on your side)|makes? it|obliges?|lets you|covers? (?:you|what you|this|that)|orders?|bans?|"
    r"gives? (?:every|each|all)|have ruled|has ruled|don't let|doesn't (?:let|allow))"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "a license the law requires" names no rule
        rf"(?<!\w )(?P<it>\b{_LAW} (?:laws?|rules) {_ORDERS})\b",
        rf"(?P<it>(?:\b(?:and|but|so|because|since|that|where|then) ){_LAW} (?:laws?|rules) {_ORDERS})\b",
        rf"(?P<it>\b(?:the )?{_ACT} {_ORDERS})\b",
        r"(?P<it>\b(?:under|by) (?:(?:federal|state|us|labor|the|this) )?(?:laws?|rules?|statute),? (?:you|they|he|she|it|your|the|an?|"
        r"every|no|all|employers?|companies)\b)",
        rf"(?P<it>\bunder (?:the )?{_ACT},? \w+)",
        r"(?P<it>\b(?:it's|it is|that's|that is|this is|is|was|were|are|they're) (?:perfectly |clearly |flatly |just |simply |plainly |not )?"
        r"(?:illegal|unlawful|against the law|legal to|lawful to|retaliation under|protected by law|a (?:clear )?violation of|"
        r"enforceable|unenforceable|void\b|not (?:binding|enforceable|valid)))",
        r"(?P<it>\blegally,? (?:you|they|he|she|the|your|an?|required|obliged|obligated|bound|entitled|barred|allowed|can't|must)\b)",
        r"(?P<it>\b(?:is|are|'re|'s) (?:\w+ )?(?:breaking|violating) (?:the|federal|state|several|a) (?:\w+ )?laws?\b)",
        r"(?P<it>\b(?:broke|violated|breaks|violates|break|violate) (?:the|federal|state|a) (?:\w+ )?law\b)",
        r"(?P<it>\b(?:you have|you've(?: got)?|has|have) (?:a|the|every) legal (?:right|claim|case)\b)",
        r"(?P<it>\b(?:your|a|the) legal right to\b)",
        r"(?P<it>\b\d+ U\.? ?S\.? ?C\.?(?: |§)|\b\d+ C\.?F\.?R\.?\b|§ ?\d+)",
        r"(?P<it>\byou(?:'d| would|'ll| will|'ve| have)(?: surely| certainly)? (?:have|got|win) a (?:strong |good |clear )?(?:legal )?case\b)",
        r"(?P<it>\b(?:an? |the |your )?employers? (?:may not|is not allowed to|isn't allowed to|are not allowed to|aren't allowed to|"
        r"cannot lawfully|must by law) \w+)",
        r"(?P<it>\b(?:protected|required|forbidden|barred|guaranteed|allowed|entitled|owed) (?:to you )?by (?:law|federal law|state law|statute)\b)",
        r"(?P<it>\b(?:that|the|your|this) (?:clause|contract|noncompete|agreement|release|waiver|policy) (?:is|isn't|won't|will not|wouldn't|"
        r"can't) (?:not )?(?:binding|hold up|enforceable|void|legal|illegal|valid|stand up|invalid))",
    )
)
# A word that leaves the case open, anywhere in the sentence: a lawyer would put it so.
_HEDGED = re.compile(
    r"\b(?:generally|usually|often|sometimes|tends? to|in most cases|depends?|differs?|varies|vary|might|could be|may(?! not)|"
    r"(?:I|we) (?:don't know|can't (?:say|tell|judge))|not legal advice|can't judge|what the law (?:gives|says|means))\b",
    re.IGNORECASE,
)


def laws(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that says what the law gives or forbids in the reader's case."""
    for sentence in found:
        if sentence.asks or _HEDGED.search(sentence.text):
            continue
        if words := claimed(sentence.text, _PATTERNS, DOUBT):
            yield (
                f"This says what the law is in their case: {words!r}. "
                "Next: say that it depends on the facts and the state, and who can tell them."
            )
