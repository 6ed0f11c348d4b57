"""Patterns of level R2, the advice draft is blocked, and R1, the draft shows its limits. `risk` explains them."""

HOLD = {
    "tells of harassment or assault": (
        r"(?:sexual(?:ly)?|physical(?:ly)?) (?:harass\w*|assault\w*)",
        r"harass(?:ed|es|ing|ment)\b",
        r"assault(?:ed|ing)?\b",
        r"grop(?:ed|es|ing)\b",
        r"(?:boss|manager|supervisor|owner|lead|coworker|he)(?: \w+){0,4} (?:rubs?|touch(?:es|ed|ing)|grabb(?:ed"
        r"|ing)|hugs|kissed)(?: \w+)? (?:me|my|our)\b",
        r"(?:racial|racist) (?:slur|joke|comment|remark)s?",
        r"n-word|slurs?\b",
    ),
    "tells of discrimination or retaliation": (
        r"discriminat\w+",
        r"retaliat\w+",
        r"wrongful(?:ly)? (?:terminat|dismiss|discharg|fir)\w*",
        r"(?:fired|let go|laid off|cut|demoted|written up|write-up|write up)[^.?!]{0,60} (?:pregnan|maternity"
        r"|after i (?:told|reported|complained|filed)|because (?:of my|i'm|i am) (?:age|race|pregnan|disab|black"
        r"|gay|muslim|old))",
        r"(?:pregnan\w+|maternity leave)[^.?!]{0,90}(?:fired|let me go|let go|cut|laid|demoted|gone|replaced"
        r"|rescind|pulled)",
        r"(?:i|we) (?:reported|complained|told (?:hr|osha))\b[^?!]{0,120}(?:hours|moved me|schedule|write|fired"
        r"|let me go|nights)",
        r"(?:my|because of my|about my|the) (?:accent|hijab|wheelchair|skin|religion|headscarf)\b[^.?!]{0,60}"
        r"(?:problem|issue|customers|concern|fit|lost|joke)",
        r"whistle-?blow\w*",
    ),
    "may be treated worse for who they are": (
        r"pregnan\w+|expecting in \w+|chemo\w*",
        r"hearing aids?|deaf\b|legally blind|stutter\w*|screen reader|service dog|(?:i use|i'm in|she uses"
        r"|he uses) a (?:wheel)?chair",
        r"under (?:30|35|40)\b|recent grads? only|fresher faces|what year i graduated|age limit",
        r"(?:the )?only (?:woman|female|girl|black|asian|latino|latina|muslim)\b",
        r"(?:the |three |four |two |all the )(?:men|guys|women)\b[^.?!]{0,40}(?:make|making|paid|are at|between|get)\b",
        r"where are you (?:really )?from|my accent",
        r"(?:sabbath|hijab|turban|prayer (?:break|time|room))",
        r"(?:do i|do we|does she|does he)(?: even)? have any rights|any rights",
        r"(?:something|comments?|jokes?|remarks?) about (?:my|her) (?:body|chest|legs|looks|butt)"
        r"|wear something nice|have a boyfriend",
        r"blackballed",
    ),
    "tells of pay that was not paid": (
        r"(?:won't|wont|refus\w+ to|never|didn't|did not|hasn't|haven't|not|n't) (?:been )?pa(?:y|id)(?: me| us)?"
        r"(?: for)? (?:my|the|our|what|any) (?:last|final|over ?time|wages|check|hours|pay|tips|\w+ weeks?)",
        r"(?:unpaid|stolen|missing) (?:wages|overtime|hours|tips)",
        r"(?:keep(?:s|ing)?|kept|takes?|taking|holding|withh?eld|withholding) (?:back )?(?:my|our) (?:wages|tips"
        r"|last check|final check|paycheck|pay|check)\b",
        r"off the clock",
        r"wage theft",
        r"independent (?:contractor|partner)s?|misclassif\w+",
        r"(?:give|gives|giving) me my (?:last|final) (?:pay ?)?check|docked me",
    ),
    "tells of an injury": (
        r"workers'? ?comp\w*",
        r"(?:got|was|been|were) (?:hurt|injured|burned) (?:at|on) (?:work|the job|the line|the floor)",
        r"(?:hurt|injured) my \w+ (?:at work|on the job|lifting)",
    ),
    "fears immigration trouble": (
        r"(?:no|without|don't have|do not have|not have|any) papers\b(?! (?:to sign|from))",
        r"undocumented",
        r"h-?1b\b|opt (?:ends|end|runs|unemployment|clock)|my (?:visa|opt|work permi\w+)|h-?2[ab]\b|inform immigration",
        r"deport\w*",
        r"(?:call|called|calling|report\w*)(?: \w+){0,2} (?:immigration|to ice|ice)\b",
        r"ilegal\b",
    ),
    "may have sent money or identity papers to a fraud": (
        r"(?:sent|gave|paid|wired|transferred|deposited|zelled|venmoed|put in)\b[^.?!]{0,80}(?:scam|fake|fraud"
        r"|crypto|whatsapp|telegram|gift card|zelle)",
        r"(?:gave|sent|send|uploaded|given|shared)\b[^.?!]{0,50}\b(?:ssn|social security|my social|and social"
        r"|driver'?s licen[sc]e|bank (?:login|account|info|details|password)|my license)",
        r"(?:deposit(?:ed)?|cash(?:ed)?)[^.?!]{0,40}check[^?!]{0,80}(?:send|sent|rest|gift cards|bounced|zelle"
        r"|returned)",
        r"(?:sent|paid|wired|lost|moved|put in) (?:them |him |her |over )?\$?\d[\d,.]*k?\b[^?!]{0,120}(?:scam|fake"
        r"|gone|number's dead|release|unlock|fraud|blocked me|disappeared)",
        r"(?:my|the|her|his|your) (?:ssn|social(?: security(?: number| card)?)?)\b(?! (?:media|work|studies|skills"
        r"|worker|life|security))",
        r"(?:put in|typed|entered|gave) (?:\w+ ){0,3}(?:everything|it all|ssn|social)\b",
        r"selfie",
        r"(?:boxes|parcels|packages)\b[^?!]{0,80}(?:label|post office)",
        r"routing number|bank (?:login|sign-in)|starter balance",
        r"(?:i )?(?:paid|sent) (?:it|them|him|her)\b[^?!]{0,60}(?:gone|bounced|vanished|disappeared|blocked)",
        r"money mule|reshipp?ing|mailing them on",
        r"gift cards?\b",
    ),
    "tells of identity theft": (
        r"identity (?:theft|stolen)|stole(?:n)? my identity|stolen identity",
        r"1099-?g\b",
        r"(?:claim|benefits|unemployment|account)(?: \w+){0,3} in my name\b",
        r"using my (?:social|ssn|identity|name)\b",
    ),
    "may have misreported to the unemployment agency": (
        r"(?:didn't|did not|never|haven't|havent|not|don't|didnt|dont) (?:\w+ )?(?:report|reported|told|tell"
        r"|declare|mention|put|list)(?:ed)?\b[^.?!]{0,60}(?:cash|side|earnings|wages|gig|unemployment|the state"
        r"|certif|weekly|hours|tips|money)",
        r"(?:under the table|cash job|paid (?:me )?(?:in )?cash)\b[^?!]{0,150}(?:unemployment|benefits|claim|certif"
        r"|collect|weekly)",
        r"(?:unemployment|benefits|claim|certif\w+|collect\w*|weekly)\b[^?!]{0,150}(?:under the table|cash job"
        r"|paid (?:me )?(?:in )?cash)",
        r"(?:said|put|checked|clicked|answered|marked) (?:\"?no\"?|zero|that i (?:didn't"
        r"|did not) work)\b[^?!]{0,80}(?:worked|hours|cash|earn)",
        r"(?:made up|making up|invented|faked|lied about) (?:\w+ ){0,3}(?:employers|contacts|job searches"
        r"|work search|applications)",
    ),
    "has no safe home, food or money": (
        r"evict\w*",
        r"homeless\w*",
        r"(?:living|live|sleep(?:ing)?|slept) in (?:my|the|our|his|her) (?:car|truck|van)\b",
        r"foreclos\w*",
        r"(?:nothing|no food|not enough) to eat|food bank|food pantry|skipp?(?:ing|ed) meals|go(?:ing)? hungry|"
        r"(?:we|i) (?:have )?no food",
        r"(?:in|at) (?:a|the) shelter\b|salvation army|food stamps|down to rice|cut (?:off )?my lights",
        r"(?:landlord's|landlord has|the landlord)(?: \w+){0,3} (?:filed|paper|notice|says)",
        r"(?:can't|cannot|cant) (?:make|pay) (?:the |my |this month's )?rent",
        r"(?:shut|cut|turn(?:ing|ed)?) ?(?:off|ting off) (?:the |our |my )?(?:power|lights|electric|water|heat|gas)\b",
    ),
    "may be struggling with drink or drugs": (
        r"(?:i drink|drinking) (?:to|too|more|again|every|earlier|every night|a lot|in the)\b",
        r"first glass of wine earlier|i drink (?:before|when|until|every)|(?:having|started having) a drink before",
        r"started drinking|(?:had|have) (?:one|three|a drink|a beer|a shot|a few) before (?:the|my|every|each)",
        r"relaps\w+",
        r"(?:my|an|his|her) addiction",
        r"addicted to\b",
        r"(?:pills|oxy|fentanyl|heroin|meth) (?:again|since|every|to get)",
    ),
}

CAUTION = {
    "asks for a legal ruling": (
        r"(?:is|was|isn't|would|are) (?:it|that|this|they|he|she)(?: even)? (?:legal|illegal|against the law"
        r"|allowed to|breaking the law)\b",
        r"(?:can|could|should) (?:i|we|they) sue\b",
        r"can they (?:legally|even|really)? ?(?:do (?:that|this)|fire me|make me|force me|come after me|ask "
        r"(?:me )?(?:that|this))",
        r"(?:do i have|is there|have i got) (?:a|any) (?:case|claim against|legal|grounds)",
        r"(?:my|their) (?:legal )?rights\b",
        r"(?:need|talk to|get|hire|call|see) (?:a|an) (?:lawyer|attorney)",
        r"(?:my|the|a) (?:lawyer|attorney)\b",
    ),
    "has a contract or release to sign": (
        r"non-?compete",
        r"non-?solicit\w*",
        r"severance",
        r"(?:sign|signed|signing) (?:a|an|the|some|this|something|their) (?:\w+ ){0,2}(?:agreement|contract|release"
        r"|waiver|papers?|nda|form)\b",
        r"arbitration|\bnda\b|intellectual property|ip clause|training repayment|clawback|sign-?on bonus back",
        r"hr wants me to sign",
    ),
    "asks about inventing facts": (
        r"(?:can|should|could|do|would it be (?:ok|wrong|bad|so bad)|is it (?:ok|okay|so bad|wrong)) (?:i |to |we )"
        r"(?:just )?(?:lie|fib|fudge|fake|make up|invent|say i (?:graduated|finished|worked|have|had|was))\b",
        r"(?:stretch|fudge|change|move|adjust) (?:the|my) dates\b",
        r"(?:pretend|pretended|pose|act) (?:to be|as|like) (?:my|a|an|the) (?:\w+ )?(?:supervisor|reference|boss"
        r"|manager|employer)",
        r"fake (?:reference|degree|diploma|experience|job|letter)",
    ),
    "speaks of health": (
        r"(?:diagnos\w+|cancer|chemo\w*|surgery|disabilit\w+|disabled|bipolar|anxiety|depress\w+|panic attacks?"
        r"|ptsd|adhd|autis\w+|miscarr\w+|rehab|medication|therapist|epilep\w+|seizures?|stroke|diabet\w+|migraines?)\b",
    ),
    "suspects a fraud": (
        r"\bscam\w*|(?:is|was) (?:this|it|he|she) (?:real|legit|for real)\b|legit\b|too good to be true|fraud\w*"
        r"|phishing",
    ),
}
