"""What people type and paste, made plain, in one place. What it may say is judged elsewhere.

Contacts, spreadsheets and messengers wrap what is copied from them in invisible marks, and keyboards produce spaces,
dashes and digits that a program does not expect. Nothing here refuses anything.
"""

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Joiners and variation selectors are part of words in many scripts, and of emoji.
_JOINERS = "\u180b-\u180d\u200c\u200d\ufe00-\ufe0f"
_JOINED = re.compile(f"[{_JOINERS}]+")
# The rest of Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), with the Braille blank; without the
# marks that reverse the direction of text, which its reader judges.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u180f\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OPENS, _CLOSES = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068", "\u202c\u2069"
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")
_APOSTROPHES = re.compile("['`\u00b4\u02b9\u02bb-\u02bd\u2018-\u201b\u2032\u0060]")
_NO_WORD = re.compile(r"[\W_]+")
# Letters for which people type others when they search, and which no decomposition takes apart.
_PLAIN_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def plain(text: str) -> str:
    """`text` in NFC, with ordinary spaces and line ends, and without invisible marks.

    Marks that set the direction of text are dropped where they enclose all of it, as contacts add them; others are
    left for whoever judges it.
    """
    text = _SPACES.sub(" ", _LINE_ENDS.sub("\n", text))
    text = unicodedata.normalize("NFC", _without_unseen(text))
    text = text.strip()
    while len(text) > 1 and text[0] in _OPENS and text[-1] in _CLOSES:
        text = text[1:-1].strip()
    return text


def one_line(text: str) -> str:
    """`plain` text on one line, with single spaces."""
    return " ".join(plain(text).split())


def sign_by_sign(text: str) -> str:
    """A number, a date, a code: one line, with 0 to 9 for the digits of any script, "-" for any dash, and no marks."""
    text = unicodedata.normalize("NFKC", _TURNS.sub("", _DASHES.sub("-", plain(text))))
    return one_line("".join(str(unicodedata.decimal(sign, sign)) for sign in text))


def is_seen(text: str) -> bool:
    """Whether it shows a reader at least one letter or digit."""
    return any(unicodedata.category(sign)[0] in "LN" for sign in _without_unseen(text))


def folded(text: str) -> str:
    """`text` as a search compares it: words in plain lower-case letters and digits, without accents or apostrophes."""
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", plain(text)).casefold()).translate(_PLAIN_LETTERS)
    letters = "".join(sign for sign in text if not unicodedata.combining(sign))
    return " ".join(_NO_WORD.sub(" ", letters).split())


def _without_unseen(text: str) -> str:
    text = _UNSEEN.sub("", text)

    def joins(match: re.Match[str]) -> str:
        """Keep what joins two characters that are not ASCII; a variation selector and a joiner may come together."""
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        return match[0] if before > "\x7f" and after > "\x7f" and len(match[0]) <= 2 else ""

    return _JOINED.sub(joins, text)
