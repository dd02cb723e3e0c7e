"""What may be typed: every script as its people write it; nothing that hides words or turns them around."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text import LineBreak, TooLong, Unshowable, checked, drawn, fault, is_visible, one_line, tidy, unshowable

LEGITIMATE = [
    "محمد عبد الرحمن",
    "יונתן בן־דוד, שָׁלוֹם",
    "می\u200cخواهم",
    "क्\u200dष",
    "Renée \U0001f469\u200d\U0001f469\u200d\U0001f467 ❤\ufe0f",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Ẹ̀bùn Ǹjo̊kú",
    "Nguyễn Thị Phương",
    "葛\U000e0100城",
    "L’été\u00a0: 14\u202fh",
    "(א)\u200e 2026\u200f",
    "co\u00adopération",
]
"""With joiners, a flag made of tags, a variant of a sign, marks of direction, no-break spaces, a soft hyphen."""

MISLEADING = [
    *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"),
    *("\u200b", "\u2060", "\u2063", "\u2028", "\u2029", "\ufeff", "\u206a", "\ufffa"),
    *("\ufffe", "\uffff", "\ufdd0", "\U0001fffe", "\U0010ffff"),
    *("\U000e0001", "\U000e0041", "\U000e007f", "\U0001d173"),
    *("\0", "\x07", "\x1b", "\x7f", "\x85", "\ud800"),
]


@pytest.mark.parametrize("text", LEGITIMATE)
def test_text_of_the_world_passes(text: str):
    assert (fault(tidy(text), 100), is_visible(text)) == (None, True)


@pytest.mark.parametrize("sign", MISLEADING)
@pytest.mark.parametrize("lines", [False, True])
def test_sign_that_nobody_sees_is_named(sign: str, lines: bool):
    assert unshowable(f"a{sign}b", lines=lines) == f"U+{ord(sign):04X}"


def test_tags_pass_only_in_the_flags_that_there_are():
    flag = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert unshowable(f"a {flag} b") is None
    assert unshowable(f"{flag}\U000e0067") == "U+E0067"
    assert unshowable("\U0001f3f4\U000e0068\U000e0069\U000e007f") == "U+E0068"


@pytest.mark.parametrize(
    "typed", ["Du\u00adpont", "Du\u034fpont", "Du\u061cpont", "Du\u200dpont", "Dupont\ufe0f", "Du\U000e0100pont"]
)
def test_what_may_stand_in_a_word_and_is_not_seen_is_not_looked_for(typed: str):
    assert drawn(typed) == "Dupont"


def test_lines_are_kept_where_there_may_be_several():
    assert tidy(" a\r\n\tb\rc\n") == "a\n\tb\nc"
    assert fault("a\n\tb", 10, lines=True) is None
    assert isinstance(fault("a\nb", 10), LineBreak)
    assert isinstance(fault("a\tb", 10), Unshowable)
    assert one_line(" a\r\nb\tc\n") == "a b c"


def test_signs_are_counted_as_they_are_kept():
    assert fault(tidy("e\u0301" * 10), 10) is None
    found = fault("x" * 11, 10)
    assert isinstance(found, TooLong)
    assert found.params == {"most": 10, "count": 11}


def test_refusal_names_its_field():
    with pytest.raises(Unshowable) as refused:
        checked("a\u202eb", 10, "name")
    assert (refused.value.field, refused.value.params) == ("name", {"sign": "U+202E"})
    assert checked(" Zoe\u0308 ", 10, "name") == "Zoë"


@given(st.text())
def test_tidy_twice_changes_nothing(typed: str):
    assert tidy(tidy(typed)) == tidy(typed)
