"""Names that people give to performances and segments: which can be used, and which two are one.

A segment's name is part of paths that Snakemake matches, a performance's is a group in HDF5 files and a path of its
rendering.
"""

from __future__ import annotations

import re
import unicodedata

from percepiano_core.spreadsheet import cleaned

MEDIA = "wav|wave|mp3|flac|ogg|opus|m4a|aac|wma|aiff?|midi?|smf|rmi"
ENDING = re.compile(rf"\.({MEDIA})$", re.IGNORECASE)  # never the dot in "no.3_4bars" or "op.10"
WHOLE = re.compile(r"(-?[0-9]+)[.,]0{1,2}")  # a whole number, as a spreadsheet writes it in a column with gaps
MONTHS = "jan|feb|févr|mar|mär|mrz|mars|apr|avr|may|mai|jun|juin|jul|juil|aug|août|sep|sept|oct|okt|nov|dec|dez|déc"
MADE_DATE = re.compile(
    rf"[0-9]{{1,2}}(-|\. ?)({MONTHS})\.?(-[0-9]{{2,4}})?|({MONTHS})\.?-[0-9]{{2}}|.*[0-9] 0?0:00(:00)?", re.IGNORECASE
)
MADE_NUMBER = re.compile(r"\d([.,]\d+)?e\+\d+", re.IGNORECASE)
FORMULA_ERRORS = {"#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!"}
LONGEST = 200  # bytes: file systems take 255, and endings are added
RESERVED = (".", "..", "attrs")  # groups of HDF5 files that mean something else
REPEATED = re.compile(r"(.{1,9})\1{19}$")
IN_PATHS = "{}<>"  # Snakemake would take what stands between them for a wildcard, or a variable


def performance_name(text: str) -> str:
    """The name of a performance from a cell: blanks and the ending of a sound or MIDI file off, "3.0" as "3"."""
    return whole_number(ENDING.sub("", cleaned(text)).strip())


def whole_number(text: str) -> str:
    """The cell, "3.0" or "3,0" as "3"."""
    match = WHOLE.fullmatch(text.strip())
    return match[1] if match else text.strip()


def name_problem(name: str, is_file_name: bool) -> str:
    """Which character or trait keeps a name from being used, as the end of a sentence that begins with it; or nothing.

    is_file_name : whether files are called by it, so that it cannot hold slashes
    """
    control = next((letter for letter in name if unicodedata.category(letter) in ("Cc", "Zl", "Zp")), None)
    if control is not None:
        known = {"\n": "a line break", "\r": "a line break", "\t": "a tab"}
        return f"holds {known.get(control, 'a control character')}, which a name cannot hold"
    if name.upper() in FORMULA_ERRORS:
        return "is an error of the spreadsheet's formula, not a name"
    forbidden = next((letter for letter in name if letter in (IN_PATHS + "/\\" if is_file_name else IN_PATHS)), None)
    if forbidden is not None:
        return f"holds the character {forbidden}, which a name cannot hold"
    if is_file_name and name in RESERVED:
        return "cannot be a name"
    if len(name.encode()) > LONGEST:
        return f"is longer than {LONGEST} bytes"
    if is_file_name and REPEATED.search(name):
        return "ends in 20 repetitions, which Snakemake takes for an endless one"
    return ""


def path_problem(path: str) -> str:
    """Which character keeps the workflow from using a file of this path, as the end of a sentence; or nothing."""
    letter = next((each for each in path if each in IN_PATHS or unicodedata.category(each) in ("Cc", "Zl", "Zp")), None)
    if letter is None:
        return ""
    said = f"the character {letter}" if letter in IN_PATHS else "a line break or another control character"
    return f"holds {said}, which the name of a file or folder cannot hold here"


def made_by_spreadsheet(name: str) -> str:
    """What a spreadsheet may have turned a name into ("a date", "a number with an exponent"); nothing if neither."""
    if MADE_DATE.fullmatch(name):
        return "a date"
    return "a number with an exponent" if MADE_NUMBER.fullmatch(name) else ""
