"""Safe reading of MusicXML: every fault is one DataError of one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from percepiano_core.corpus.musicxml import read_musicxml
from percepiano_core.errors import DataError

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>"
SCORE = f"<score-partwise><part id='P1'><measure number='1'>{NOTE}</measure></part></score-partwise>"
DOCTYPE = '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN" "http://example.org/p.dtd">'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
LOCAL_FILE = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "score.musicxml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_document_type_is_allowed(tmp_path: Path) -> None:
    root = read_musicxml(written(tmp_path, DOCTYPE + SCORE))
    assert root.findtext("part/measure/note/pitch/step") == "C"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (LAUGHS + SCORE.replace("<step>C", "<step>&b;"), "declares entities"),
        (LOCAL_FILE + SCORE.replace("<step>C", "<step>&secret;"), "declares entities"),
        ("no markup at all", "a file of another kind, not a score"),
        ("", "is empty"),
        (SCORE[:90], "not readable as XML"),
        (b"\x00\xff\xfe\x00 noise", "a file of another kind, not a score"),
        (f"<?xml version='1.0' encoding='no-such-encoding'?>{SCORE}", "unknown encoding"),
        (b"PK\x03\x04 zipped", "damaged compressed score"),
        ("<score-timewise/>", "no pitched notes"),
        ("<museScore/>", "is a MuseScore file; export it as MusicXML"),
        ("<opus/>", "lists several scores"),
        (SCORE.replace(NOTE, ""), "no pitched notes"),
        (SCORE.replace("<pitch><step>C</step><octave>4</octave></pitch>", "<rest/>"), "no pitched notes"),
    ],
)
def test_an_unusable_file_is_one_clear_line(tmp_path: Path, content: str | bytes, problem: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DataError, match=problem) as caught:
        read_musicxml(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such score"):
        read_musicxml(tmp_path / "absent.musicxml")


def test_a_folder_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_musicxml(tmp_path)


def test_all_real_scores_are_accepted(percepiano_files: Path) -> None:
    paths = sorted((percepiano_files / "virtuoso/data/score_xml").glob("*.musicxml"))
    assert len(paths) in (38, 261)  # of the excerpt, of the corpus
    assert all(read_musicxml(path).tag == "score-partwise" for path in paths)


def test_reading_scores_imports_nothing_heavy() -> None:
    code = "import sys, percepiano_core.features.score.read; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"lxml", "partitura", "pandas", "scipy", "mido", "matplotlib"} & set(modules)
