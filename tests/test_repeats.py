"""Repeat signs: what is read from MusicXML, and the orders of bars that they ask for."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.score.repeat_signs import RepeatMarks, repeat_marks
from percepiano_core.score.repeats import Jump, full_order, has_repeats, notated_jumps

PLAIN = RepeatMarks()
FORWARD = '<barline location="left"><repeat direction="forward"/></barline>'
BACK = '<barline location="right"><repeat direction="backward"/></barline>'


def ending(number: str, kind: str = "start", text: str = "") -> str:
    return f'<barline><ending number="{number}" type="{kind}">{text}</ending></barline>'


def words(text: str, sound: str = "") -> str:
    return f"<direction><direction-type><words>{text}</words></direction-type>{sound}</direction>"


def marks_of(*bars: str, second_part: tuple[str, ...] = ()) -> list[RepeatMarks]:
    parts = [bars, second_part] if second_part else [bars]
    return repeat_marks([[fromstring(f"<measure>{part[bar]}</measure>") for part in parts] for bar in range(len(bars))])


def played(*bars: str, second_part: tuple[str, ...] = ()) -> list[int]:
    return full_order(marks_of(*bars, second_part=second_part))


@pytest.mark.parametrize(
    ("bars", "order"),
    [
        (("", "", BACK, ""), [0, 1, 2, 0, 1, 2, 3]),
        (("", FORWARD, BACK, ""), [0, 1, 2, 1, 2, 3]),
        (("", BACK.replace("backward", 'backward" times="3'), ""), [0, 1, 0, 1, 0, 1, 2]),
        ((FORWARD, BACK, "", BACK), [0, 1, 0, 1, 2, 3, 2, 3]),
        (("", ending("1") + BACK, ending("2"), ""), [0, 1, 0, 2, 3]),
        (("", ending("1,2") + BACK, ending("3"), ""), [0, 1, 0, 1, 0, 2, 3]),
        (("", ending("1-3") + BACK, ending("4"), ""), [0, 1, 0, 1, 0, 1, 0, 2, 3]),
        (("", ending("1. 2.") + BACK, ending("3."), ""), [0, 1, 0, 1, 0, 2, 3]),
        (("", ending("", text="1") + BACK, ending("", text="2"), ""), [0, 1, 0, 2, 3]),
        (("", ending("1") + BACK, ending("2") + BACK, ending("3")), [0, 1, 0, 2, 0, 3]),
        (("", ending("1") + BACK, ""), [0, 1, 0, 2]),
        (("", ending("1,3") + BACK, ending("2,4") + BACK, ""), [0, 1, 0, 2, 0, 1, 0, 2, 3]),
        (("", ending("1,4") + BACK, ending("2,3") + BACK, ""), [0, 1, 0, 2, 0, 2, 0, 1, 3]),
        (("", ending("1") + BACK, ending("2,3") + BACK, ""), [0, 1, 0, 2, 0, 2, 3]),
        ((FORWARD, FORWARD, BACK, BACK, ""), [0, 1, 2, 1, 2, 3, 0, 1, 2, 3, 4]),
        ((FORWARD, FORWARD, BACK, ending("1") + BACK, ending("2")), [0, 1, 2, 1, 2, 3, 0, 1, 2, 4]),
        (("", ending("1,2") + BACK), [0, 1, 0, 1]),
        (("", ending("1"), BACK + ending("1", "stop"), ending("2"), ending("2", "stop"), ""), [0, 1, 2, 0, 3, 4, 5]),
        (("", words("Fine"), "", words("D.C. al Fine")), [0, 1, 2, 3, 0, 1]),
        (("", "<sound fine='yes'/>", "", "<sound dacapo='yes'/>"), [0, 1, 2, 3, 0, 1]),
        (("", "<sound segno='s'/>", "", words("Dal Segno")), [0, 1, 2, 3, 1, 2, 3]),
        (("", words("To Coda"), words("D.C. al Coda"), "<sound coda='c'/>"), [0, 1, 2, 0, 1, 3]),
        ((BACK, "", words("Fine"), words("D. C.")), [0, 0, 1, 2, 3, 0, 1, 2]),
    ],
)
def test_signs_are_obeyed_as_a_pianist_reads_them(bars: tuple[str, ...], order: list[int]) -> None:
    assert played(*bars) == order


def test_two_bare_coda_signs_lead_from_the_first_to_the_second() -> None:
    coda = "<direction><direction-type><coda/></direction-type></direction>"
    assert played("", coda, words("D.C. al Coda"), coda) == [0, 1, 2, 0, 1, 3]


def test_signs_of_any_part_hold_for_all() -> None:
    assert played("", BACK, "", second_part=("", "", "")) == played("", "", "", second_part=("", BACK, ""))


def test_words_that_only_contain_a_sign_are_none() -> None:
    assert not has_repeats(marks_of("", words("accelerando sin al fine"), words("Coda"), words("in dieci")))


def test_an_ending_holds_until_its_repeat_sign() -> None:
    assert [mark.endings for mark in marks_of("", ending("1"), BACK, "")] == [(), (1,), (1,), ()]


def test_jumps_lead_back_and_over_endings() -> None:
    assert notated_jumps(marks_of("", ending("1") + BACK, ending("2"), "")) == [
        Jump(0, 2, "ending"),
        Jump(1, 0, "repeat"),
    ]


def test_jumps_of_endings_by_turns_and_of_nested_repeats_lead_to_their_beginnings() -> None:
    by_turns = marks_of("", ending("1,3") + BACK, ending("2,4") + BACK, "")
    assert notated_jumps(by_turns)[:2] == [Jump(0, 2, "ending"), Jump(0, 3, "ending")]
    assert Jump(3, 0, "repeat") in notated_jumps(marks_of(FORWARD, FORWARD, BACK, BACK, ""))


MARKS = st.builds(
    RepeatMarks,
    forward=st.booleans(),
    backward=st.booleans(),
    times=st.integers(0, 16),
    endings=st.sampled_from([(), (), (1,), (2,), (1, 2), (3,)]),
    ending_starts=st.booleans(),
    segno=st.booleans(),
    coda=st.booleans(),
    da_capo=st.sampled_from([False, False, True]),
    dal_segno=st.sampled_from([False, False, True]),
    to_coda=st.booleans(),
    fine=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MARKS, min_size=1, max_size=12))
def test_impossible_signs_end_too(marks: list[RepeatMarks]) -> None:
    order = full_order(marks)
    assert set(order) <= set(range(len(marks)))
    assert len(order) < 5000
    assert all(0 <= jump.source < len(marks) and 0 <= jump.target < len(marks) for jump in notated_jumps(marks))


@given(st.integers(1, 20))
def test_without_signs_the_order_is_the_written_one(bars: int) -> None:
    assert full_order([PLAIN] * bars) == list(range(bars))
