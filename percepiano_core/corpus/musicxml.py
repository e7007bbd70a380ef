"""Read a MusicXML score safely: plain or compressed, in any encoding; entities and external references are refused.

Scores come from other people's programs and disks; an entity declaration can blow up memory or read local files, and
so can an archive. Every fault is one DataError, so that one bad score is listed and the rest of the corpus goes on.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from percepiano_core.corpus.timewise import as_partwise
from percepiano_core.errors import DataError
from percepiano_core.file_kinds import OTHER, kind_of
from percepiano_core.wording import shown

ZIP_SIGNATURE = b"PK"  # a compressed .mxl score is a zip archive
CONTAINER = "META-INF/container.xml"
FIRST_ENTRY = b"PK\x03\x04"  # of a zip archive that holds something
LINE_END = re.compile(r"\r\n|\r|\n")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CONTROL_REFERENCE = re.compile(r"&#(\d+|x[0-9A-Fa-f]+);")
SCORE_ENDINGS = (".xml", ".musicxml")
NO_SCORES = ("META-INF/", "__MACOSX/")
LARGEST_SCORE = 200_000_000  # bytes of XML; the longest real scores have a tenth of it
LONGEST_REASON = 80  # characters; the reasons of an archive may quote its bytes
INTACT_COPY = "replace it by an intact copy"
SAVE_AS_UTF8 = "open it in a notation program and save it again, or save it as UTF-8"
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
DECLARATION = re.compile(r"""\A\s*<\?xml\s[^>]*?\?>""")
ENCODING = re.compile(rb"""\A\s*<\?xml\s[^>]*?encoding\s*=\s*["']\s*([A-Za-z0-9._-]+)""")
ARCHIVE_FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, KeyError, EOFError, OSError),
    *(RuntimeError, ValueError),  # encrypted, or packed by an unknown method
)
OTHER_ROOTS = {
    "opus": ("lists several scores", "give one of the scores"),
    "museScore": ("is a MuseScore file", "export it as MusicXML"),
    "mei": ("is an MEI file", "export it as MusicXML"),
    "html": ("is a web page", "download the score itself"),
    "container": ("is the table of contents of a compressed score", "give the score"),
}


def read_musicxml(path: Path | str) -> Element:
    """Root element `score-partwise` of a MusicXML document with at least one pitched note.

    Compressed scores (.mxl) are unpacked, time-wise ones turned into part-wise, names freed of a namespace.

    Raises
    ------
    DataError
        missing or unreadable file, not XML, damaged archive, truncated, entity declarations, external references,
        another kind of document, or no pitched note
    """
    return musicxml_and_repairs(path)[0]


def musicxml_and_repairs(path: Path | str) -> tuple[Element, tuple[str, ...]]:
    """As `read_musicxml`, and what was chosen or mended in reading, a clause each."""
    content, repairs = _unpacked(path, _content(path))
    text = _decoded(path, content)
    try:
        root = fromstring(text, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        problem = "declares entities or refers to other files, which a score has no need of"
        raise DataError(path, problem, "export it again from a notation program") from None
    except ParseError as error:
        raise DataError(path, f"not readable as XML ({error})", _remedy(text, error)) from None
    except (ValueError, LookupError, RecursionError) as error:
        raise DataError(path, f"not readable as XML ({error})", INTACT_COPY) from None
    _drop_namespaces(root)
    if root.tag == "score-timewise":
        root = as_partwise(root)
    _require_notes(path, root)
    return root, repairs


def _content(path: Path | str) -> bytes:
    try:
        if Path(path).stat().st_size > LARGEST_SCORE:
            raise DataError(path, "is larger than any score", "give the score of one piece")
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(path, "no such score", "restore it or remove its lines from the manifest") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})", "make it a readable file") from None
    if not content.strip():
        raise DataError(path, "is empty", INTACT_COPY)
    kind = kind_of(content)
    if content.startswith(ZIP_SIGNATURE):
        return content
    if kind.holds in ("markup", "other") and FIRST_ENTRY in content and zipfile.is_zipfile(io.BytesIO(content)):
        problem = "is a zip archive, such as a compressed score, with other bytes before it"
        raise DataError(path, problem, "download or export it again")
    _require_markup(path, content, "is")
    return content


def _unpacked(path: Path | str, content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The score itself, where the file is an archive with a score in it; what was chosen of it."""
    if not content.startswith(ZIP_SIGNATURE):
        return content, ()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name, repairs = _score_in(archive)
            entry = archive.getinfo(name)
            if entry.file_size > LARGEST_SCORE:
                raise DataError(path, "holds more than any score", "give the score of one piece")
            with archive.open(entry) as file:
                unpacked = file.read(LARGEST_SCORE + 1)
    except ARCHIVE_FAULTS as error:
        raise DataError(path, f"is a damaged compressed score ({str(error)[:LONGEST_REASON]})", INTACT_COPY) from None
    if not unpacked.strip():
        raise DataError(path, "is a compressed score whose score is empty", INTACT_COPY)
    if unpacked.startswith(ZIP_SIGNATURE):
        raise DataError(path, f"holds another compressed score ({shown(name)})", "unpack it and give the inner one")
    _require_markup(path, unpacked, "is a compressed score that holds")
    return unpacked, repairs


def _require_markup(path: Path | str, content: bytes, verb: str) -> None:
    """A line that says what the content is, where it cannot be XML."""
    kind = kind_of(content)
    if kind.holds == "archive":
        raise DataError(path, f"{verb} {kind.name}, not a score", "unpack it and give the score that it holds")
    if kind.holds != "markup" and (kind != OTHER or b"<" not in content):
        raise DataError(path, f"{verb} {kind.name}, not a score", "give the score as MusicXML")


def _remedy(text: str, error: ParseError) -> str:
    """What helps where a character that XML does not allow is the cause."""
    line, column = error.position
    lines = LINE_END.split(text)
    place = lines[line - 1] if line <= len(lines) else ""
    around = place[max(column - 1, 0) : column + 1]
    if CONTROL.search(around) or CONTROL_REFERENCE.match(place, column):
        return f"delete the control character on line {line} in a text editor"
    return f"write &amp; for the & on line {line} in a text editor" if "&" in around else INTACT_COPY


def _score_in(archive: zipfile.ZipFile) -> tuple[str, tuple[str, ...]]:
    """Name of the first score in a compressed score, by its table of contents or else of all its XML files."""
    scores = _listed_scores(archive) or _scores_by_name(archive)
    if not scores:
        raise KeyError("no MusicXML in the archive")
    if len(scores) == 1:
        return scores[0], ()
    return scores[0], (f"the archive holds {len(scores)} scores, of which the first is read ({shown(scores[0])})",)


def _listed_scores(archive: zipfile.ZipFile) -> list[str]:
    """Scores that the table of contents lists: by name or kind, else the first file of it."""
    names = archive.namelist()
    if CONTAINER in names and archive.getinfo(CONTAINER).file_size <= 1_000_000:
        try:
            contents = fromstring(archive.read(CONTAINER), forbid_dtd=False)
        except (ParseError, DefusedXmlException, ValueError):
            contents = Element("container")
        _drop_namespaces(contents)
        listed = {each.get("full-path", ""): each.get("media-type", "") for each in contents.iter("rootfile")}
        found = [name for name in listed if name in names]
        scores = [name for name in found if name.lower().endswith(SCORE_ENDINGS) or "musicxml" in listed[name]]
        return scores or found[:1]
    return []


def _scores_by_name(archive: zipfile.ZipFile) -> list[str]:
    """XML files of an archive, those outside of folders first; else a compressed score in it."""
    names = [name for name in dict.fromkeys(archive.namelist()) if not name.startswith(NO_SCORES)]
    scores = [name for name in names if name.lower().endswith(SCORE_ENDINGS)]
    inner = [name for name in names if name.lower().endswith(".mxl")]
    return sorted(scores, key=lambda name: name.count("/")) or inner[:1]


def _decoded(path: Path | str, content: bytes) -> str:
    """Text of the document, spaces for its declaration; a byte order mark counts more than what the document says."""
    encoding = _encoding(content)
    try:
        text = content.decode(encoding)
    except LookupError:
        raise DataError(path, f"is in an unknown encoding ({encoding})", SAVE_AS_UTF8) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = f"says that it is {encoding}, but line {line} holds other bytes"
        raise DataError(path, problem, SAVE_AS_UTF8) from None
    except (ValueError, TypeError) as error:
        raise DataError(path, f"cannot be decoded as {encoding} ({error})", SAVE_AS_UTF8) from None
    if not isinstance(text, str):
        raise DataError(path, f"is in an unknown encoding ({encoding})", SAVE_AS_UTF8)
    return DECLARATION.sub(_blank, text.lstrip("\ufeff"), count=1)


def _blank(match: re.Match[str]) -> str:
    """As many lines of as many spaces: places in errors are those of the file."""
    return re.sub(r"[^\r\n]", " ", match.group())


def _encoding(content: bytes) -> str:
    """By byte order mark, by the zeros of two-byte text, by declaration; UTF-8 where none says otherwise."""
    for mark, encoding in sorted(BYTE_ORDER_MARKS.items(), key=lambda item: -len(item[0])):
        if content.startswith(mark):
            return encoding if encoding != "utf-8" else "utf-8-sig"
    opening = content.lstrip()[:4]
    if opening[:4] in (b"<\0?\0", b"<\0s\0", b"<\0!\0"):
        return "utf-16-le"
    if content[:2] == b"\0<":
        return "utf-16-be"
    declared = ENCODING.match(content)
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    return "utf-8" if name.replace("_", "-").startswith(("utf-16", "utf16", "ucs-2", "utf-32")) else name


def _drop_namespaces(root: Element) -> None:
    """Plain names for all elements; MusicXML has no namespace, but some programs write a default one."""
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{"):
            element.tag = element.tag.rpartition("}")[2]


def _require_notes(path: Path | str, root: Element) -> None:
    if root.tag != "score-partwise":
        problem, remedy = OTHER_ROOTS.get(
            root.tag, (f"its root element is <{root.tag}>, not <score-partwise>", "export the score as MusicXML")
        )
        raise DataError(path, problem, remedy)
    if root.find("part/measure/note/pitch") is None:
        raise DataError(path, "the score has no pitched notes", "replace it by the score of the segment")
