"""Advice to hide, delay or misstate something to an office or an employer."""

import re
from collections.abc import Iterator, Sequence

from triage.drafting.sentences import Sentence, claimed

# What takes the advice back. "If" does not: "if the form asks, answer no" is advice.
_DOUBT = re.compile(
    r"\b(?:don't|do not|doesn't|does not|never|not|isn't|wouldn't|won't|can't|cannot|shouldn't|nobody should|rather "
    r"than|instead of|whether|without|if you|if they|if he|if she|tempted|tempting|wrong|risk|unless|asked|asks|"
    r"wants?|or|who|truthfully|honest\w*)\b",
    re.IGNORECASE,
)
# Here the "don't" is the advice itself.
_DOUBT_OF_SILENCE = re.compile(r"\b(?:if|whether|unless|rather than|instead of|asked|asks|who|why)\b", re.IGNORECASE)

_DO = (
    r"(?:^|[.;:,—–] ?|\b(?:and|so|then|but|or|just|simply|please|always|would|could|can|should|might|may|better|I'd|"
    r"you'd|to|you) )"
)
_PAPERS = (
    r"(?:claims?\b|certif\w+|weekly|agency|unemployment|benefits|application|applying|the form|forms?\b|background|"
    r"overpayment|the state\b|when (?:it|they) (?:ask|call)s?|if (?:it|they) asks?|from the (?:state|office|board)|"
    r"felony|conviction|wages this week|being paid)"
)
_OFFICE = r"(?:agency|office|state|unemployment|department|labor board)"
_FALSE = (
    r"(?:even (?:if|though) (?:you|it|that) (?:didn't|don't|haven't|weren't|wasn't|aren't|isn't|never|were|was)|"
    r"(?:even if|even though|although) (?:they|he|she|your \w+) (?:fired|let|dismissed)|whether "
    r"(?:you do|it's true|it is|you did|you have) or not|whatever the (?:real|true|actual)|(?:get|earn|finish) it "
    r"later|(?:nobody|no one) (?:ever )?(?:checks|will (?:check|know)|knows)|when you (?:don't|didn't|haven't))"
)
_TOLD = re.compile(
    rf"{_DO}(?P<it>%s)"
    % "|".join(
        (
            # false words
            (
                r"(?:(?:lie|falsify|backdate|fudge|exaggerate|inflate|bend the truth|shade the truth|stretch "
                r"(?:the|your) (?:dates|truth)|round up (?:the|your) dates|pad (?:the|your) "
                r"(?:resume|dates|salary|hours|numbers))\b)(?! (?:down|low|still|awake|about being|detector|in "
                r"(?:bed|wait)))"
            ),
            r"(?:(?:make|made) (?:it|something|one|that|things) up\b)",
            (
                r"(?:(?:make up|invent) (?:a|an|some|one)\b(?: \w+){0,2} "
                r"?(?:reason|story|excuse|emergency|reference|illness|appointment|job|title|employer|degree|name|"
                r"number)?)(?! (?:for the|list))"
            ),
            (
                r"(?:(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|write|pretend|answer)(?: that)? "
                r"(?:you were laid off|it was a layoff|the job was cut|your position was eliminated)\b)(?! "
                r"(?:if|when|only if|because that's|since that's))"
            ),
            (
                r"(?:(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|write|put|put down|list|pretend|"
                rf"answer)(?: that)? (?:you|it)\b[^.]{{0,60}}\b{_FALSE}\b)"
            ),
            (
                r"(?:(?:say|tell (?:them|him|her|the \w+(?: office)?)|claim|pretend|answer|act as if|act as "
                r"though)(?: that)? (?:you|the (?:letter|notice|form|mail|call)|it) (?:never|didn't) "
                r"(?:saw|got|get|see|received?|heard|had|reach|reached|arrived?|came)\b)"
            ),
            (
                r"(?:(?:say|tell (?:them|him|her|your \w+)|claim)(?: that)? you(?:'ve got| have|'ve) (?:a|an) "
                r"(?:doctor|dentist|family emergency|funeral|medical)\w*)"
            ),
            (
                r"(?:(?:answer|check|tick|mark|circle|put|say) (?:the )?(?:box (?:for|marked) |it "
                r")?[\"“']?no\b)(?=[^.]{0,12}\b(?:and hope|anyway|because it was|since it was|so long|and leave)|"
                r"(?:,)? because (?:it was|that was))"
            ),
            (
                r"(?:(?:give|make|put|say|state|write|list|name|quote)\b[^.]{0,50}\bthan (?:it|they|you) "
                r"(?:really |actually )?(?:was|were|is|did|earned?|made|had|got)\b)"
            ),
            r"(?:add [\w,$]+(?: \w+)? to your (?:last |old |former )?(?:salary|pay|title|dates|years))",
            (
                r"(?:list\b[^.]{0,30}\byou (?:didn't|never|haven't) (?:really |actually )?(?:contact|call|apply|"
                r"work|do|speak)\w*)"
            ),
            r"(?:(?:have|ask|get) (?:a|your|some|one)\b[^.]{0,25}\bto (?:pretend|lie)\b)",
            r"(?:(?:fib|bluff|embellish|misstate|misreport|forge|fake)\b)",
            r"(?:round (?:it|your \w+|the \w+|that) up\b)",
            (
                r"(?:(?:change|move|shift|adjust|alter|push) (?:the|your|one|an) "
                r"(?:\w+ )?(?:dates?|month|year|title))\b(?=[^.]{0,30}\b(?:gap|gone|nobody|no one|cover|hide|match|"
                r"looks?|longer|never))"
            ),
            r"(?:call yourself an? \w+)(?=[^.]{0,40}\b(?:can't check|nobody|no one|never|closed))",
            (
                r"(?:(?:sign|certify|swear|check|fill in|send)\b[^.]{0,30}\beven (?:if|though) (?:you|it|that) "
                r"(?:only|didn't|haven't|isn't|never))"
            ),
            (
                rf"(?:let (?:the (?:\w+ )?{_OFFICE}|them|him|her|your (?:boss|employer)) "
                r"(?:think|believe|assume|suppose) (?:that )?(?:you|it (?:is|was|isn't|wasn't)))"
            ),
            (
                r"(?:(?:give|list|put|use|name)(?: down)? (?:your|a) (?:friend|cousin|sister|brother|neighbor|"
                r"roommate|mother|husband|wife)(?:'s)? (?:number|name|phone|address|email)?(?: down)? ?as\b)"
            ),
            (
                r"(?:(?:use|take|give yourself|choose) (?:the|a) (?:title|date|salary|grade|name|"
                r"reason)\b[^.]{0,20}\b(?:should have had|suits|you deserved|sounds better|looks better))"
            ),
            r"(?:(?:put|write|give|enter)\b[^.]{0,30}\bsuits? you better)",
            (
                r"(?:pretend (?:that )?(?:(?:the|your) (?:degree|license|job|gap|certificate|course|notice|firing)|"
                r"you (?:have|had|finished|knew|did|hold)))"
            ),
            r"(?:(?:conveniently )?forget to (?:mention|report|list|declare|include|tell))",
            r"(?:(?:say|write|put) +even though (?:they|he|she))",
            (
                r"(?:(?:say|tell (?:them|him|her|the \w+)|claim)(?: that)? you "
                r"(?:were (?:sick|ill)|had (?:car trouble|a family|a flat|a cold|the flu))\b[^.]{0,12})(?<! if)(?! "
                r"?(?:if|when|because|since))(?=$|[.,])"
            ),
            r"(?:say you have no (?:record|convictions?|arrests?))(?! ?,? (?:if|when))",
            (
                r"(?:add (?:a|an|one|two|a few|some|\w+) (?:years?|months?|weeks?) to "
                r"(?:the|your|that|a)\b(?! (?:deadline|search|list|plan)))"
            ),
            r"(?:sign (?:it|that|them) as (?:your|the|a)\b)",
            # saying too little, or too late
            (
                r"(?:report\b(?! back)[^.]{0,40}\b(?:next month|later|afterwards|(?:when|once|after) (?:the|your) "
                r"(?:claim|benefits)))"
            ),
            (
                r"(?:(?:keep|stay) (?:quiet|silent|mum) about (?:the|your|any) "
                r"(?:\w+ )?(?:tips|pay|cash|job|wages|money|hours|earnings|income|work|firing|conviction|record|"
                r"overpayment|severance))"
            ),
            (
                rf"(?:say nothing\b)(?=[^.]{{0,30}}\b(?:wait|hope|until|to the {_OFFICE}|about the "
                r"(?:job|money|pay|work|overpayment)))"
            ),
            r"(?:(?:not |refuse to )answer (?:the|that) question about your (?:record|conviction|past|job))",
            r"(?:report (?:only |just )?(?:half|part|some|less|a part|most)\b)",
            rf"(?:(?:hide|conceal|cover up)\b(?! behind| away)[^.]{{0,40}}\b(?:from (?:the|your)|{_PAPERS}))",
            (
                r"(?:(?:wait|hold off|delay|put off|postpone|sit on it)\b[^.]{0,60}\b(?:report(?:ing|ed)?\b(?! back|"
                r" to work)|tell(?:ing)? the (?:state|agency|office|unemployment)))"
            ),
        )
    ),
    re.IGNORECASE,
)
_ADVICE = (
    _TOLD,
    *(
        re.compile(pattern, re.IGNORECASE)
        for pattern in (
            (
                r"(?P<it>\b(?:white|little|small|harmless) (?:white )?lies?\b)(?=[^.]{0,40}\b(?:never|won't|doesn't|"
                r"is fine|are fine|fine|okay|hurts? (?:no|any)))"
            ),
            r"(?P<it>\b(?:call|phone|text|calling) in sick\b)(?= (?:that|on|and|the|for|to|if)\b|[.,;]|$)",
            r"(?P<it>\b(?:pose|posing) as (?:a|an|your|my|the|one)\b)",
            r"(?P<it>\bpretend to (?:be|have)\b)",
            (
                rf"(?P<it>\b(?:leave|leaving|keep|keeping) (?:the (?:\w+ )?{_OFFICE}|them|him|her|your "
                r"(?:boss|employer)) in the dark)"
            ),
            (
                r"(?P<it>\b(?:(?:nobody|no one) (?:needs to|has to|ever has to|must)|(?:they|the \w+) "
                r"(?:don't|doesn't) (?:need|have) to) (?:ever )?(?:know|find out|hear)\b)(?= about "
                r"(?:it|that|this|the)\b|[.,;]|$)"
            ),
            (
                r"(?P<it>\b(?:(?:they|the \w+) (?:can't|cannot|couldn't)|(?:nobody|no one) (?:can|could)) "
                r"(?:ever )?(?:check|prove|verify|trace) (?:it|that|a closed|any of))"
            ),
            (
                r"(?P<it>\b(?:they|the \w+|nobody|no one|employers)(?: probably)? (?:won't|will|doesn't|don't) "
                r"(?:ever )?(?:dig|check|look into it|find out|notice)(?: it| that)?)(?=[.,;!]|$)"
            ),
            rf"(?P<it>\b(?:don't|never) answer when (?:the (?:\w+ )?{_OFFICE}|they) calls?)",
            r"(?P<it>\b(?:a )?made-up (?:reason|story|excuse|reference|date) (?:is|works|does|will|beats))",
            (
                r"(?P<it>\byou (?:don't|needn't|do not)(?: have to| need to)? "
                r"(?:say|mention|list|admit|write)(?: that)? you (?:worked|earned|were paid|got paid|turned|quit|were "
                r"fired|had a job))"
            ),
            (
                r"(?P<it>\btell them (?:the (?:store|company|shop|place|plant|office) (?:closed|shut)|it was a layoff|"
                r"your position was cut))"
            ),
            (
                r"(?P<it>\b(?:in cash|off the books|under the table)\b)(?=[^.]{0,20}\b(?:so|doesn't|won't|without|"
                r"claim|benefits|until|while)\b)"
            ),
            r"(?P<it>\bso (?:that )?it (?:looks|seems) as if you\b)",
            # nobody will know
            (
                rf"(?P<it>\bwhat (?:the (?:\w+ )?{_OFFICE}|they|your (?:boss|employer)|he|she) (?:doesn't|don't) know "
                r"(?:won't|can't|doesn't) hurt)"
            ),
            (
                r"(?P<it>\b(?:they|the \w+|he|she|nobody|no one)(?:'ll| will| would) (?:never|ever) "
                r"(?:know|find out|notice|catch)\b)(?=[.,;:!]|$| about| it| that you| you)"
            ),
            (
                r"(?P<it>\b(?:nobody|no one)\b[^.]{0,30}\b(?:ever )?(?:checks|find out|finds out|will check|will "
                r"know)\b)(?=[.,;:!]|$| about| it| these)"
            ),
            (
                rf"(?P<it>\b(?:the (?:\w+ )?{_OFFICE}|they|employers?) (?:has|have|had)(?: got)? no way (?:of|to) "
                r"(?:find|know|check|tell))"
            ),
        )
    ),
)
_SILENCE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<it>\b(?:don't|do not|never|no need to|needn't|wouldn't|no reason to|not to|avoid) "
        r"(?:let on|breathe a word|report|tell|mention|declare|disclose|list|put|admit|reporting|telling|"
        rf"mentioning)\b)(?=[^.]{{0,80}}\b(?:{_PAPERS}|(?:the|unemployment) (?:agency|office)))",
    )
)
_LEFT_OUT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DO}(?P<it>(?:leave|keep)(?: [\w'-]+){{1,6}}? (?:off|out|quiet|to yourself|secret|hidden|between "
        r"us))\b(?! the exit)(?! (?:of )?(?:the|your|a|any|this|that) "
        r"(?:resume|letter|email|cover|interview|story))(?! of (?:it|this|that)\b)",
        rf"{_DO}(?P<it>(?:leave out|leave off|omit|skip|gloss over)(?= (?:the|that|your|any|this|it)\b))(?! "
        r"(?:the|your) resume)",
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
