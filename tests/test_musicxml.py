"""Safe reading of MusicXML: every fault is one DataError of one line."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from percepiano_core.corpus.musicxml import musicxml_and_repairs, read_musicxml
from percepiano_core.errors import DataError
from percepiano_core.score.written_score import read_written_score

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


CONTAINER = '<container><rootfiles><rootfile full-path="{}"/><rootfile full-path="{}"/></rootfiles></container>'


def zipped(**entries: str | bytes) -> bytes:
    """A compressed score with files of these names, "__" for a point."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name.replace("__", "."), text)
        if "a__pdf" in entries:
            archive.writestr("META-INF/container.xml", CONTAINER.format("a.pdf", "score.xml"))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            "<?xml version='1.0'?>\n" + SCORE.replace("<part ", "\n<a>B & C</a><part "),
            r"line 3, .*write &amp; for the & on",
        ),
        (
            "<?xml version='1.0'\n?>\n" + SCORE.replace("<part ", "<a>&nbsp;</a><part "),
            r"line 3, .*write &amp; for the &",
        ),
        ("<?xml version='1.0'?>\n" + SCORE.replace("C<", "\x01<"), "line 2, .*delete the control character on line 2"),
        ("<?xml version='1.0'?>\r" + SCORE.replace("C<", "&#1;<"), "line 2, .*delete the control character on line 2"),
        (gzip.compress(SCORE.encode()), r"is a compressed file \(gzip\), not a score; unpack it"),
        (bz2.compress(SCORE.encode()), r"is a compressed file \(bzip2\), not a score; unpack it"),
        (lzma.compress(SCORE.encode()), r"is a compressed file \(xz\), not a score; unpack it"),
        (b"noise" + zipped(score__xml=SCORE), "is a zip archive, .* with other bytes before it"),
        (zipped(inner__mxl=zipped(score__xml=SCORE)), r"holds another compressed score \(inner.mxl\); unpack it"),
        (zipped(score__xml=zipped(score__xml=SCORE)), r"holds another compressed score \(score.xml\); unpack it"),
        (zipped(score__xml=b"%PDF-1.4 <<>>"), "is a compressed score that holds a PDF document, not a score"),
        (b"%PDF-1.4 <<>>", "is a PDF document, not a score"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, content: str | bytes, line: str) -> None:
    with pytest.raises(DataError, match=line):
        read_musicxml(written(tmp_path, content))


def test_of_what_an_archive_holds_the_score_is_read(tmp_path: Path) -> None:
    listed = written(tmp_path, zipped(a__pdf=b"%PDF-1.4", score__xml=SCORE))
    assert musicxml_and_repairs(listed)[1] == ()
    two = written(tmp_path, zipped(a__xml=SCORE, b__xml="<opus/>"))
    assert musicxml_and_repairs(two)[1] == ("the archive holds 2 scores, of which the first is read (a.xml)",)
    timed = SCORE.replace("<note>", "<attributes><divisions>1</divisions></attributes><note>")
    two = written(tmp_path, zipped(a__xml=timed, b__xml="<opus/>"))
    assert read_written_score(two).repairs == musicxml_and_repairs(two)[1]


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
