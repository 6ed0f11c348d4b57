"""Advice to hide, delay or misstate something to an office or an employer."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

# What takes the advice back. "If" does not: "if the form asks, answer no" is advice.
_DOUBT = re.compile(
    r"\b(?:don't|do not|doesn't|does not|never|not|isn't|wouldn't|won't|can't|cannot|shouldn't|nobody should|rather than|"
    r"instead of|whether|without|if you|if they|if he|if she|tempted|tempting|wrong|risk|unless|asked|asks|wants?|or|who|"
    r"truthfully|honest\w*)\b",
    re.IGNORECASE,
)
# Here the "don't" is the advice itself.
_DOUBT_OF_SILENCE = re.compile(r"\b(?:if|whether|unless|rather than|instead of|asked|asks|who|why)\b", re.IGNORECASE)

_DO = (
    r"(?:^|[.;:,—–] ?|\b(?:and|so|then|but|or|just|simply|please|always|would|could|can|should|might|may|better|I'd|you'd|to|"
    r"you) )"
)
_PAPERS = (
    r"(?:claims?\b|certif\w+|weekly|agency|unemployment|benefits|application|applying|the form|forms?\b|background|"
    r"overpayment|the state\b|when (?:it|they) (?:ask|call)s?|if (?:it|they) asks?|from the (?:state|office|board)|felony|"
    r"conviction|wages this week)"
)
_OFFICE = r"(?:agency|office|state|unemployment|department|labor board)"
_FALSE = r"(?:even (?:if|though) (?:you|it|that)|whatever the|later\b|nobody|no one|when you (?:don't|didn't|haven't)|anyway)"
_ADVICE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # false words
        rf"{_DO}(?P<it>(?:lie|falsify|backdate|fudge|exaggerate|inflate|bend the truth|shade the truth|stretch (?:the|your) "
        r"(?:dates|truth)|round up (?:the|your) dates|pad (?:the|your) (?:resume|dates|salary|hours|numbers))\b)"
        r"(?! (?:down|low|still|awake|about being|detector|in (?:bed|wait)))",
        rf"{_DO}(?P<it>(?:make|made) (?:it|something|one|that|things) up\b)",
        rf"{_DO}(?P<it>(?:make up|invent) (?:a|an|some|one)\b(?: \w+){{0,2}} ?(?:reason|story|excuse|emergency|reference|"
        r"illness|appointment|job|title|employer|degree|name|number)?)(?! (?:for the|list))",
        r"(?P<it>\b(?:white|little|small|harmless) (?:white )?lies?\b)(?=[^.]{0,40}\b(?:never|won't|doesn't|is fine|are fine|"
        r"fine|okay|hurts? (?:no|any)))",
        rf"{_DO}(?P<it>(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|write|pretend|answer)(?: that)? (?:you were laid off|"
        r"it was a layoff|the job was cut|your position was eliminated)\b)(?! (?:if|when|only if|because that's|since that's))",
        rf"{_DO}(?P<it>(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|write|put|put down|list|pretend|answer)(?: that)? "
        rf"(?:you|it)\b[^.]{{0,60}}\b{_FALSE}(?: (?:didn't|don't|haven't|weren't|wasn't|aren't|isn't|never|were|was|real|true "
        r"|checks|will|knows))?)",
        rf"{_DO}(?P<it>(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|pretend|answer|act as if|act as though)(?: that)? "
        r"(?:you|the (?:letter|notice|form|mail|call)|it) (?:never|didn't) (?:saw|got|get|see|received?|heard|had|reach|"
        r"reached|arrived?|came)\b)",
        rf"{_DO}(?P<it>(?:say|tell (?:them|him|her|your \w+)|claim)(?: that)? you(?:'ve got| have|'ve) (?:a|an) (?:doctor|dentist|"
        r"family emergency|funeral|medical)\w*)",
        r"(?P<it>\b(?:call|phone|text|calling) in sick\b)(?= (?:that|on|and|the|for|to|if)\b|[.,;]|$)",
        rf"{_DO}(?P<it>(?:answer|check|tick|mark|circle|put|say) (?:the )?(?:box (?:for|marked) |it )?[\"“']?no\b)"
        r"(?=[^.]{0,12}\b(?:and hope|anyway|because it was|since it was|so long|and leave)|(?:,)? because (?:it was|that was))",
        rf"{_DO}(?P<it>(?:give|make|put|say|state|write|list|name|quote)\b[^.]{{0,50}}\bthan (?:it|they|you) (?:really |actually )?"
        r"(?:was|were|is|did|earned?|made|had|got)\b)",
        rf"{_DO}(?P<it>add [\w,$]+(?: \w+)? to your (?:last |old |former )?(?:salary|pay|title|dates|years))",
        rf"{_DO}(?P<it>list\b[^.]{{0,30}}\byou (?:didn't|never|haven't) (?:really |actually )?(?:contact|call|apply|work|do|speak)"
        r"\w*)",
        r"(?P<it>\b(?:pose|posing) as (?:a|an|your|my|the|one)\b)",
        rf"{_DO}(?P<it>(?:have|ask|get) (?:a|your|some|one)\b[^.]{{0,25}}\bto (?:pretend|lie)\b)",
        r"(?P<it>\bpretend to (?:be|have)\b)",
        # saying too little, or too late
        rf"{_DO}(?P<it>report (?:only |just )?(?:half|part|some|less|a part|most)\b)",
        rf"{_DO}(?P<it>(?:hide|conceal|cover up)\b(?! behind| away)[^.]{{0,40}}\b(?:from (?:the|your)|{_PAPERS}))",
        rf"{_DO}(?P<it>(?:wait|hold off|delay|put off|postpone|sit on it)\b[^.]{{0,60}}\b(?:report(?:ing|ed)?\b(?! back| to work)|"
        rf"tell(?:ing)? the (?:state|agency|office|unemployment)))",
        r"(?P<it>\b(?:in cash|off the books|under the table)\b)(?=[^.]{0,20}\b(?:so|doesn't|won't|without|claim|benefits|"
        r"until|while)\b)",
        r"(?P<it>\bso (?:that )?it (?:looks|seems) as if you\b)",
        # nobody will know
        rf"(?P<it>\bwhat (?:the (?:\w+ )?{_OFFICE}|they|your (?:boss|employer)|he|she) (?:doesn't|don't) know (?:won't|can't|"
        r"doesn't) hurt)",
        r"(?P<it>\b(?:they|the \w+|he|she|nobody|no one)(?:'ll| will| would) (?:never|ever) (?:know|find out|notice|catch)\b)"
        r"(?=[.,;:!]|$| about| it| that you| you)",
        r"(?P<it>\b(?:nobody|no one)\b[^.]{0,30}\b(?:ever )?(?:checks|find out|finds out|will check|will know)\b)"
        r"(?=[.,;:!]|$| about| it| these)",
        rf"(?P<it>\b(?:the (?:\w+ )?{_OFFICE}|they|employers?) (?:has|have|had)(?: got)? no way (?:of|to) (?:find|know|check|tell))",
    )
)
_SILENCE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<it>\b(?:don't|do not|never|no need to|needn't|wouldn't|no reason to|not to|avoid) (?:report|tell|mention|"
        rf"declare|disclose|list|admit|reporting|telling|mentioning)\b)(?=[^.]{{0,80}}\b(?:{_PAPERS}|(?:the|unemployment) "
        rf"(?:agency|office)))",
    )
)
_LEFT_OUT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DO}(?P<it>(?:leave|keep)(?: [\w'-]+){{1,6}}? (?:off|out|quiet|to yourself|secret|hidden|between us))\b"
        r"(?! of (?:the|your|a) (?:resume|letter|email|cover|interview|story))(?! of (?:it|this|that)\b)",
        rf"{_DO}(?P<it>(?:leave out|leave off|omit|skip|gloss over)(?= (?:the|that|your|any|this|it)\b))(?! (?:the|your) resume)",
        rf"{_DO}(?P<it>(?:keep|stay|keep it|be) (?:quiet|silent|mum)(?: about)?)",
    )
)
_BEFORE_PAPERS = re.compile(rf"\b{_PAPERS}|never know|overpayment|\bstate\b|part-time wages", re.IGNORECASE)


def hiding(found: Sequence[Sentence]) -> Iterator[str]:
    """A reason for each sentence that could be read as advice to mislead an office or an employer."""
    for sentence in found:
        if sentence.asks:
            continue
        words = (
            claimed(sentence.own, _ADVICE, _DOUBT)
            or claimed(sentence.own, _SILENCE, _DOUBT_OF_SILENCE)
            or (_BEFORE_PAPERS.search(sentence.own) and claimed(sentence.own, _LEFT_OUT, _DOUBT))
        )
        if words:
            yield f"This could be read as advice to hide or misstate something: {words!r}. Next: say it truthfully."
