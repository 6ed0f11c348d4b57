"""Patterns of level R3: no draft, and a named person is told at once. `risk` explains how they are used."""

_SELF = r"(?:myself|himself|herself|themselves|themself|yourself)"
_NEAR = (
    r"(?:my |our |his |her |their |the )?(?:wife|husband|family|kids?|children|boys|girls|sons?|daughters?|parents?)"
)
_OTHERS = rf"(?:every ?(?:one|body)|they|{_NEAR})"
_HOME = r"(?:husband|boyfriend|wife|girlfriend|partner|fianc[eé]e?|ex|stepdad|step-?father|father|dad|mother)"
_THINGS = r"(?:guitar|dogs?|cats?|tools|gear|camera|records|books|jewell?ery|watch|ring|truck|car|things|stuff|room)"

OUTRIGHT = (
    r"suicidal(?! ideation)\b",
    rf"kill(?:ing)? {_SELF}\b(?! (?:working|with|over|to|for|laughing|in|on|at)\b)",
    r"(?:take|took|taking|taken|end|ending|ended) (?:my|his|her|their)(?: own)? li(?:fe|ves)\b"
    r"(?! (?:savings|insurance|experience|story|back|in|into|to)\b)",
    r"(?:want(?:s|ed)?|ready) to die\b(?! (?:of|laughing)\b)",
    r"not want(?:ing)? to be alive\b",
    r"don't want to (?:be alive|live any ?more)\b",
)

SELF_HARM = (
    r"suicid\w*",
    r"self[- ]harm\w*",
    rf"(?:kill|hurt|harm|cut|shoot|hang|drown)(?:ing)? {_SELF}\b",
    r"end(?:ing)? it all\b",
    r"(?:want(?:s|ed)?|ready|wish(?:ed)? (?:i|he|she) (?:could|would)) to die\b",
    r"(?:rather|wish i (?:was|were)|better off) dead\b",
    rf"{_OTHERS}(?: \w+){{0,2}}(?: would|'d|'ll| might)? (?:\w+ ){{0,2}}be(?:tter)? (?:better )?off\b",
    rf"{_OTHERS}(?: \w+){{0,5}}(?: would|'d|'ll)(?: \w+){{0,3}} (?:easier|fine|ok|okay|simpler)\b[^.?!]{{0,30}}\b"
    rf"(?:without me|if i)\b",
    r"(?:better off|set up better|fine|easier|happier)(?: \w+){0,3} (?:without|than with) (?:me|him|her)\b",
    r"better off with (?:the|my) insurance",
    r"easier (?:year|time|life)?[^.?!]{0,20}without me\b",
    r"worth more (?:\w+ ){0,4}(?:dead|gone|if i'm not|not here|than alive)",
    r"(?:life )?insurance[^.?!]{0,60}(?:would fix|than (?:with )?(?:me|him)|better off|would get)",
    r"(?:would|could|they'd|she'd) get the (?:life )?insurance",
    r"(?:policy|insurance)[^.?!]{0,60}(?:pays my|arithmetic)",
    r"(?:if|that) i (?:(?:just )?(?:was|were)(?: just)? not|(?:just )?wasn't|(?:just )?weren't|'m not|am not)"
    r"(?: \w+)? (?:here|around|alive|in it)\b",
    r"if i'm not (?:here|around|alive|in it)\b",
    r"(?:not|\w{2,6}n't)(?: even)? (?:want(?:ed)? to )?(?:be|being) (?:here|alive|around)(?: any ?more)?\b(?! (?:at"
    r"|for|in"
    r"|on|until|by|when))",
    r"thoughts (?:about|of) (?:not|ending|dying|hurting|death)\b",
    r"thought (?:about|of) (?:ending|dying|suicide)\b",
    r"(?:bad|dark|scary|awful) thoughts\b",
    r"(?:these|those|the) thoughts (?:again|i do(?:n't| not) like)",
    r"thought comes that",
    r"(?:car(?:e|ing)|mind) (?:\w+ )?(?:if|whether) i (?:\w+ )?(?:wake|live|die)\b",
    r"(?:not|never|\w{2,6}n't)(?: want to)? wak(?:e|ing) up\b(?! (?:at|early|before|on|to|for|until))",
    r"(?:\w{2,6}n't|not|no longer|can't) (?:really |even )?see (?:the|a|any) point\b(?! (?:of|in) (?:a |the |that "
    r"|this "
    r"|another |an |my "
    r"|applying|writing|sending))",
    r"no point (?:in any|in (?:living|going on|anything|it)|any ?more|to any)",
    r"what(?:'s| is) the point (?:any ?more|of (?:any of it|going on|living|it all))",
    r"(?:no|one|a|any|a single) reason to (?:live|go on|get up|keep going|put my feet|be here)\b",
    r"(?:can't|cannot|can not|don't want to|do not want to) (?:go on|live)\b(?! (?:in|with|at|on|far|near|like a"
    r"|monday))",
    r"(?:tired|sick) of (?:living|being alive)\b",
    r"lived too long\b",
    r"(?:at|on) the edge of anything",
    r"too lazy to die",
    r"(?:make|made|making) sure i'm not (?:by myself|alone)",
    r"not sure (?:that )?i(?:'ll| will)? (?:be here|be around|make it)\b",
    r"it'll pass\. some mornings i'm not sure",
    r"(?:took|take|taking|swallow\w*) (?:all )?(?:the|my|those) pills\b",
    r"overdos\w+",
    r"i'?m? ?(?:even )?(?:don't|dont) (?:even )?want to be here",
    r"standing on the (?:balcony|bridge|ledge|roof)\b",
    r"only way (?:that )?it comes (?:right|out even)",
    r"one way (?:that )?it comes out even",
    r"hid (?:things|the (?:pills|knives|gun|guns))\b",
    r"won't have to do any of this again",
    r"you'd do fine without me",
    r"sitting up with it again",
)

FAREWELL = (
    r"(?:this is|this'll be|will be) (?:the|my|our) last (?:one|letter|email|e-mail|note|message)\b",
    r"last (?:one|letter|email|note) (?:from me|of these)\b",
    r"(?:do not|don't) need to look for the answer",
    r"wanted (?:some|any|you|one)\w*(?: person)? to know (?:that )?(?:i (?:did )?tr(?:y|ied)|it wasn't)",
    r"(?:feel|am|been|felt|i'm) (?:\w+ )?calm(?:er)? (?:than|now)\b",
    r"it's (?:all )?(?:calm|quiet|settled) now\b",
    r"very calm\b",
    r"(?:said|saying|say) (?:my )?good-?byes?\b(?! to (?:my (?:team|coworkers|desk|boss)))",
    r"(?:written|wrote|writing) (?:him|her|them|everyone|my (?:wife|husband|kids|family)) a (?:letter|note)\b",
    rf"(?:gave|given|giving|give) (?:me|him|her|them|away|our \w+|my \w+|the \w+)? ?(?:to \w+ )?(?:his|her|my|their"
    rf"|the) (?:\w+ ){{0,2}}{_THINGS}\b",
    r"giving (?:\w+ ){0,2}(?:things|stuff|everything|it all) away\b",
    rf"(?:gave|given|giving) (?:his|her|my) (?:\w+ ){{0,2}}{_THINGS} (?:to|away)\b",
    r"(?:could|can) have his (?:guitar|room|car|things)",
    r"(?:found|got|find) (?:some(?:one|body)|the (?:dog|cat)|a home)(?: \w+){0,3} (?:take|for|set up with) (?:the"
    r"|my) (?:cat|dog|neighbor)",
    r"given the (?:dog|cat) to\b",
    r"title is signed over",
    r"papers in a folder where",
    r"where all the papers are\b",
)

VIOLENCE = (
    r"(?:i'll|i will|i'd|i could|going to|gonna|want(?:ed)? to|ought to) (?:kill|shoot|stab|hurt|beat up|hit"
    r"|strangle) (?:him|her|them|you|every|some|my (?:boss|manager|supervisor|cowork)|the (?:boss|foreman|manager))",
    r"(?:said|says|saying|told|threat\w*|swore)[^.?!]{0,50} (?:kill|shoot|stab|hurt|beat|bury) (?:me|us|him|her"
    r"|them|you|my)\b",
    r"threat\w* (?:to (?:hurt|kill|beat|shoot|stab|burn|come after)|my (?:life|family|kids|son|daughter)|me with "
    r"(?:a|his|her) )",
    r"death threats?\b",
    r"put you in (?:one|the ground|a box|a hole)\b",
    r"(?:has|had|brought|brings|carries|keeps|showed me|shown me) (?:me )?(?:a|his|the|her) (?:gun|pistol|rifle"
    r"|knife|weapon|machete)\b",
    r"what's in his (?:glove box|trunk|bag|locker)\b",
    r"(?:has|had|made|makes|keeps|got) a list (?:in|on) his (?:phone|locker)",
    r"(?:no ?body|no one) will be laughing",
    r"(?:find|found) out what it's like to lose",
    r"(?:has|have|got|get|had) (?:it|something|what's) coming\b",
    r"know where (?:you|he|she|they) lives?\b",
    r"knows where (?:i|my (?:\w+ )?\w+|we|she) (?:lives?|plays|goes|parks?|works)\b",
    r"shoot(?:ing)? (?:up )?(?:the|this|that) (?:place|office|plant|school|store)",
    r"(?:punched|choked|strangled|stabbed|beat) me\b(?! (?:to|out|for))",
    r"(?:make|making) (?:him|her|them) pay for (?:it|what)\b",
    r"yelled at my lead because i stayed",
)

STALKING = (
    r"stalk(?:er|ing|ed|s)\b(?! (?:the|their|his|her|its|your) (?:linkedin|profile|page))",
    r"follow(?:s|ed|ing) (?:me|my car|us) (?:home|to|as far|out|around|into|from)\b",
    r"followed (?:home|my car)\b",
    r"(?:waits?|waiting|stands?|standing|sits|sitting|parks|parked) (?:for me )?(?:by|at|outside|near|next to"
    r"|across from) my (?:car|building|house|apartment|truck|door|home)\b",
    r"(?:he|she|man|guy) (?:\w+ )?waits? (?:for me )?(?:by|at|outside|in) the (?:loading dock|lot|parking|door|exit"
    r"|gate)",
    r"knows which days i\b",
    r"(?:shows|showed|showing|came|comes|turns|turned) (?:up )?(?:at|to|outside) my (?:house|home|apartment|door"
    r"|work)\b",
    r"put his hand on the door of my car",
)

ABUSE = (
    r"(?:do not|don't|dont|never|not) (?:please )?(?:write|reply|answer|email|e-mail|respond|send|call)(?: me)?"
    r"(?: anything)?(?: back)?(?: to| at)? (?:here|this (?:email|e-mail|address|account|number|one)|me here"
    r"|the house|my (?:house|home))\b",
    r"(?:he|she|husband|boyfriend|wife|partner) (?:reads|checks|looks at|goes through|watches|monitors) (?:this|it"
    r"|my|the) ?(?:e-?mail|one|phone|mail|messages|computer|inbox|texts|account)?\b",
    r"don't write to this email",
    rf"{_HOME}(?: \w+){{0,6}} (?:hits|hit|beats|beat|chokes?d?|slaps|slapped|shoves|shoved|grabs|grabbed|kicks"
    rf"|kicked|pushed|threw) (?:me|my|us|her)\b",
    r"(?:he|she) (?:hits|beats|hit|choked|slapped|shoved|grabbed|kicked|pushed) (?:me|my (?:arm|neck|hair|wrist"
    r"|throat|face)|her|us|the kids)\b",
    r"broke the (?:\w+ )?door (?:with me|down)",
    rf"{_HOME}(?: \w+){{0,4}} (?:took|takes|hid|hides|keeps|has) (?:my|the|all (?:the|my)) (?:\w+ ){{0,2}}(?:keys"
    rf"|money|phone|card|license|laptop|passport|cash)",
    rf"{_HOME} won't (?:let me|allow me)",
    rf"(?:afraid|scared|frightened|terrified) of (?:my {_HOME}|him)\b",
    r"domestic (?:violence|abuse)",
    r"abusive (?:husband|wife|boyfriend|girlfriend|partner|relationship|marriage|home|ex)\b",
    r"(?:restraining|protective|protection) order",
    r"without (?:him|my husband|my boyfriend|her husband|it going through \w+ husband) (?:knowing|finding|seeing)",
    r"without it going through (?:her|my) husband",
    r"where the other person in the house can't see",
    r"(?:has|keeps) the card my check goes",
    r"(?:work|live|go|be) somewhere (?:that )?he can't\b",
    r"use the name \w+ if you print it",
    r"police-came",
)

TRAFFICKING = (
    r"(?:was|were|been|being|got|am) trafficked|human traffick\w+",
    r"(?:keeps?|kept|keeping|holds?|holding|held|took|takes|taken|has|have|locked)(?: up)? (?:all )?(?:of )?(?:our"
    r"|my|their|the|his|her|your) passports?\b",
    r"passports?(?: \w+){0,5} (?:office|desk|safe|drawer|locked|back|taken|away)\b",
    r"(?:not|never|\w{2,6}n't)(?: \w+){0,2} (?:allowed|let|free) (?:us )?(?:to leave|out of the (?:house|building))\b",
    r"sleep where (?:he|they|she) says?",
)

CHILD = (
    r"(?:child|kid|boy|girl|baby|toddler|he|she|son|daughter)\b[^?!]{0,90}(?:a mark|marks|bruis\w+"
    r"|burns?)\b[^?!]{0,20}(?:on|all|down|arm|back|leg|face)",
    r"(?:locked|put|shut|kept|left) (?:him|her|them|the (?:kids?|child|children|boy|girl|baby))? ?in (?:the|a) "
    r"(?:\w+ )?(?:closet|dark|laundry room|basement|car)\b",
    r"child (?:abuse|neglect)\b",
    r"(?:hits|hitting|beats|beating|hurts|hurting|molest\w*) (?:the|her|his|those|my|a) (?:kids?|child|children"
    r"|boys?|girls?|baby|babies)\b",
)
TOUCH = r"(?:rubs?|rubbed|touch(?:es|ed|ing)?|grabs?|grabbed|grope[sd]?|kiss(?:es|ed)?|sent me pictures)\b"
MINOR = r"\b(?:i'?m|i am|she's|he's|she is) (?:only )?1[2-7]\b|\b1[2-7] (?:yrs?|years?)(?: |-)old\b"
