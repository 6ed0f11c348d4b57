"""The law, told as if it were certain. General statements pass: "the law differs", "should generally show you"."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

_LAW = r"(?:the|federal|state|us|labor|employment|your state's|the state's|that state's|american)"
_ACT = (
    r"(?:ADA|FMLA|FLSA|FCRA|ADEA|EEOC|NLRA|OSHA|WARN Act|COBRA|ERISA|HIPAA|Title [IVX]+|the Constitution|the "
    r"(?:[A-Z]\w+ ){1,5}Act|the courts?|section \d+)"
)
_ORDERS = (
    r"(?:says?|requires?|demands?|gives? you|entitles?|forbids?|prohibits?|bars?|guarantees?|protects? "
    r"(?:you|your|what you)|allows? you|allow you|is (?:clear|on your side)|makes? it|obliges?|lets you|covers? "
    r"(?:you|what you|this|that)|orders?|bans?|gives? (?:every|each|all)|have ruled|has ruled|don't let|doesn't "
    r"(?:let|allow))"
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # "a license the law requires" names no rule
        rf"(?<!\w )(?P<it>\b{_LAW} (?:laws?|rules) {_ORDERS})\b",
        rf"(?P<it>(?:\b(?:and|but|so|because|since|that|where|then) ){_LAW} (?:laws?|rules) {_ORDERS})\b",
        rf"(?P<it>\b(?:the )?{_ACT} {_ORDERS})\b",
        r"(?P<it>\b(?:under|by) (?:(?:federal|state|us|labor|the|this) )?(?:laws?|rules?|statute),? "
        r"(?:you|they|he|she|it|your|the|an?|every|no|all|employers?|companies)\b)",
        rf"(?P<it>\bunder (?:the )?{_ACT},? \w+)",
        r"(?P<it>\b(?:it's|it is|that's|that is|this is|is|was|were|are|they're) "
        r"(?:perfectly |clearly |flatly |just |simply |plainly |not )?(?:illegal|unlawful|against "
        r"(?:federal |state )?(?:law|the law)|legal to|lawful to|retaliation under|protected by law|a "
        r"(?:clear )?violation of|enforceable|unenforceable|void\b|not (?:binding|enforceable|valid)))",
        r"(?P<it>\byou (?:can|could|should) sue\b|\byou have (?:good )?grounds (?:for|to) "
        r"(?:a lawsuit|a suit|sue|a claim))",
        r"(?P<it>\b(?:can't|cannot|can|may) (?:legally|lawfully) \w+)",
        r"(?P<it>\b(?:can|could|will|'ll) be (?:fined|sued|prosecuted|held liable|jailed|punished by law)\b)",
        r"(?P<it>\b(?:a|federal|state) (?:federal |state )?(?:crime|felony|offense) to \w+)",
        r"(?P<it>\b(?:hold|holds|held|stand|stands) up in (?:any |a )?court\b)",
        r"(?P<it>\b(?:has to|have to|must|is required to) pay (?:you )?(?:overtime|minimum wage|time and a half|the "
        r"minimum))",
        r"(?P<it>\bthere(?:'s| is| are) (?:a |an )?(?:\w+ )?laws? (?:against|that "
        r"(?:says?|protects?|requires?|forbids?)|for that))",
        r"(?P<it>\b(?:counts as|amounts to|did is|did was|that's|that is|this is|is clearly|was clearly|it's) "
        r"(?:clear |plain |illegal )?(?:harassment|discrimination|retaliation|wrongful (?:termination|dismissal)|"
        r"wage theft|defamation|slander)\b)",
        r"(?P<it>\blegally,? (?:you|they|he|she|the|your|an?|required|obliged|obligated|bound|entitled|barred|"
        r"allowed|can't|must)\b)",
        r"(?P<it>\b(?:is|are|'re|'s) (?:\w+ )?(?:breaking|violating) (?:the|federal|state|several|a) (?:\w+ )?laws?\b)",
        r"(?P<it>\b(?:broke|violated|breaks|violates|break|violate) (?:the|federal|state|a) (?:\w+ )?law\b)",
        r"(?P<it>\b(?:you have|you've(?: got)?|has|have) (?:a|the|every) legal (?:right|claim|case)\b)",
        r"(?P<it>\b(?:your|a|the) legal right to\b)",
        r"(?P<it>\b\d+ U\.? ?S\.? ?C\.?(?= |§|$)|\b\d+ C\.?F\.?R\.?\b|§ ?\d+)",
        r"(?P<it>\byou(?:'d| would|'ll| will|'ve| have)(?: surely| certainly)? (?:have|got|win) a "
        r"(?:strong |good |clear )?(?:legal )?case\b)",
        r"(?P<it>\b(?:an? |the |your )?employers? (?:may not|is not allowed to|isn't allowed to|are not allowed to|"
        r"aren't allowed to|cannot lawfully|must by law) \w+)",
        r"(?P<it>\b(?:protected|required|forbidden|barred|guaranteed|allowed|entitled|owed) (?:to you )?(?:by|under) "
        r"(?:the law|law|federal law|state law|statute)\b)",
        r"(?P<it>\b(?:that|the|your|this) (?:clause|contract|noncompete|agreement|release|waiver|policy) "
        r"(?:is|isn't|won't|will not|wouldn't|can't) (?:not )?(?:binding|hold up|enforceable|void|legal|illegal|"
        r"valid|stand up|invalid))",
    )
)
_DOUBT = re.compile(
    r"\b(?:if|whether|unless|until|you (?:say|said|think|believe|feel|ask|asked)|tells? you|told you|ask|asks|asked|"
    r"hope|wonder\w*|who|how|decides?|not (?:say|know|sure|certain)|n't (?:say|know|tell)|no idea|once|when)\b",
    re.IGNORECASE,
)
# A word that leaves the case open, anywhere in the sentence: a lawyer would put it so.
_HEDGED = re.compile(
    r"\b(?:generally|usually|often|sometimes|tends? to|in most cases|depends?|differs?|varies|vary|might|could be|"
    r"may(?! not)|(?:I|we) (?:don't know|can't (?:say|tell|judge))|not legal advice|can't judge|what the law "
    r"(?:gives|says|means))\b",
    re.IGNORECASE,
)


def laws(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that says what the law gives or forbids in the reader's case."""
    for sentence in found:
        if sentence.asks or _HEDGED.search(sentence.text):
            continue
        if words := claimed(sentence.text, _PATTERNS, _DOUBT):
            yield (
                f"This says what the law is in their case: {words!r}. "
                "Next: say that it depends on the facts and the state, and who can tell them."
            )
