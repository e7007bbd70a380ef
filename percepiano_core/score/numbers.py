"""Numbers of MusicXML: decimals wherever the schema allows them, and what programs write in their place.

The schema's decimals have no exponent and a point; a decimal comma and a leading plus are read too, since some
exporters follow the language of the computer.
"""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree.ElementTree import Element

from percepiano_core.wording import shown

DECIMAL = re.compile(r"[+-]?(\d{1,15}(\.\d{0,15})?|\.\d{1,15})", re.ASCII)
DENOMINATORS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 20, 24, 28, 32, 36, 40, 48, 64, 96, 128, 192)
"""Parts of a quarter that a rounded decimal may stand for, simplest first."""


def decimal(text: str | None) -> Fraction | None:
    """The number that a text spells out; None for an empty, missing or other text."""
    spelled = (text or "").strip().replace(",", ".", 1)
    return Fraction(spelled) if DECIMAL.fullmatch(spelled) else None


def number_in(element: Element, tag: str, default: Fraction | int | None = None) -> Fraction:
    """The number in a child element; ValueError if there is none and no default, or if it is no number.

    An element without text counts as absent.
    """
    text = element.findtext(tag)
    value = decimal(text)
    if value is not None:
        return value
    if default is not None and not (text or "").strip():
        return Fraction(default)
    found = "no" if not (text or "").strip() else f"{shown(text or '')!r} in its"
    raise ValueError(f"a <{element.tag}> has {found} <{tag}>{'' if found == 'no' else ', which is no number'}")


def whole_number(text: str | None) -> int | None:
    """The number that a text spells out in digits alone, as nearly all do; None for any other text."""
    return int(text) if text and len(text) < 16 and text.isascii() and text.isdecimal() else None


def whole_number_in(element: Element, tag: str, default: int | None = None) -> int:
    """As `number_in`, for what can only be a whole number."""
    plain = whole_number(element.findtext(tag))
    if plain is not None:
        return plain
    value = number_in(element, tag, default)
    if value.denominator != 1:
        raise ValueError(f"a <{element.tag}> has {float(value):g} in its <{tag}>, which is no whole number")
    return int(value)


def unrounded(text: str, unit: Fraction) -> Fraction:
    """Length in quarters that a decimal number of units stands for, 5.3333 of 8 being two thirds.

    text : a decimal; unit : quarters of one
    """
    spelled = text.strip().replace(",", ".", 1)
    exact = Fraction(spelled) * unit
    digits = len(spelled.partition(".")[2].rstrip("0"))
    if not digits or exact.denominator in DENOMINATORS:
        return exact
    precision = unit / (2 * 10**digits)
    for denominator in DENOMINATORS:
        near = Fraction(round(exact * denominator), denominator)
        if abs(near - exact) <= precision:
            return near
    return exact
