"""Read a MusicXML score safely: a document type is allowed, entities and external references are not.

Scores come from other people's programs and disks; an entity declaration can blow up memory or read local files.
Every fault is one DataError, so that one bad score is listed and the rest of the corpus goes on.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from percepiano_core.errors import DataError

ZIP_SIGNATURE = b"PK\x03\x04"  # a compressed .mxl score is a zip archive
INTACT_COPY = "replace it by an intact MusicXML file"


def read_musicxml(path: Path | str) -> Element:
    """Root element of an uncompressed `score-partwise` document with at least one pitched note.

    Raises
    ------
    DataError
        missing or unreadable file, not XML, truncated, entity declarations, external references, another root than
        `score-partwise`, or no pitched note
    """
    content = _content(path)
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException:
        problem = "declares entities or refers to other files, which a score has no need of"
        raise DataError(path, problem, "export it again from a notation program") from None
    except (ParseError, ValueError, LookupError) as error:
        raise DataError(path, f"not readable as XML ({error})", INTACT_COPY) from None
    _require_notes(path, root)
    return root


def _content(path: Path | str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(path, "no such score", "restore it or remove its lines from the manifest") from None
    except OSError as error:
        raise DataError(path, f"cannot be read ({error.strerror})", "make it a readable file") from None
    if content.startswith(ZIP_SIGNATURE):
        raise DataError(path, "is a compressed score", "export it as uncompressed MusicXML")
    return content


def _require_notes(path: Path | str, root: Element) -> None:
    if root.tag != "score-partwise":
        problem = f"its root element is <{root.tag}>, not <score-partwise>"
        raise DataError(path, problem, "export it as partwise MusicXML")
    if root.find("part/measure/note/pitch") is None:
        raise DataError(path, "the score has no pitched notes", "replace it by the score of the segment")
