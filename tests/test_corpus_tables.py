"""The tables of ASAP, MAESTRO and MazurkaBL: every version and dialect, or one line that says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from percepiano_core.corpus.asap import list_recordings, read_note_alignment
from percepiano_core.corpus.asap_dynamics import read_beat_annotations
from percepiano_core.corpus.mazurkabl import list_mazurkas, read_mazurka
from percepiano_core.corpus.midi_collections import collect_performances
from percepiano_core.errors import DataError, PercePianoError, UserError

ASAP = "composer,title,xml_score,midi_performance,maestro_midi_performance,robust_note_alignment,note_alignments"
ASAP_ROW = "Bach,Fugue,score.musicxml,a.mid,,1.0,a.tsv"
MAESTRO = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"
BEATS = ",measure_number,beat_number,pid1-01,pid2-01\n0,1,0,1.5,2.0\n1,1,1,2.5,3.0\n"
MARKS = "piano,forte\n1,2\np,f\n"


def asap(root: Path, table: str | bytes) -> Path:
    root.mkdir(exist_ok=True)
    for name in ("score.musicxml", "a.mid", "a.tsv"):
        (root / name).touch()
    (root / "metadata.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    return root


def mazurka(root: Path, beats: str | bytes = BEATS, marks: str | bytes = MARKS) -> Path:
    for name, content in (("beat_time/M1beat_time.csv", beats), ("markings_dyn/M1markings.csv", marks)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def one_line(error: PercePianoError, *words: str) -> None:
    assert len(str(error).splitlines()) == 1
    assert all(word in str(error) for word in words), str(error)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_the_table_of_asap_is_read_as_any_spreadsheet_saves_it(tmp_path: Path, encoding: str, separator: str) -> None:
    table = f"{ASAP}\r\n{ASAP_ROW}\r\n".replace(",", separator)
    found = list_recordings(asap(tmp_path, table.encode(encoding)))
    assert [(each.title, each.robust, each.midi) for each in found] == [("Fugue", True, "a.mid")]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            "composer,title,xml_score,midi_performance\nBach,Fugue,s,m\n",
            "column note_alignments, robust_note_alignment",
        ),
        (ASAP.replace("xml_score", "score_xml"), "column xml_score missing"),
        (b"composer,title\nDvo\xf8\xe1k,x\n", "is not in UTF-8"),
        ("", "it is empty"),
    ],
)
def test_another_table_of_asap_is_one_line(tmp_path: Path, table: str | bytes, words: str) -> None:
    with pytest.raises(UserError) as caught:
        list_recordings(asap(tmp_path, table))
    one_line(caught.value, "metadata.csv", words)


def test_where_a_performance_is_in_maestro_is_needed_beside_maestro_alone(tmp_path: Path) -> None:
    root = asap(tmp_path, "composer,title,midi_performance\nBach,Fugue,a.mid\n")
    assert [each.midi.name for each in collect_performances(root, None, [])] == ["a.mid"]
    (root / "maestro-v3.0.0.csv").write_text(MAESTRO)
    with pytest.raises(UserError, match="column maestro_midi_performance missing"):
        collect_performances(root, root, [])


def test_a_folder_above_the_corpus_names_the_one_below(tmp_path: Path) -> None:
    asap(tmp_path / "asap-dataset", ASAP)
    with pytest.raises(UserError, match=r"name the folder .*asap-dataset, which has it"):
        list_recordings(tmp_path)
    (tmp_path / "maestro-v3.0.0").mkdir()
    (tmp_path / "maestro-v3.0.0" / "maestro-v3.0.0.csv").write_text(MAESTRO)
    with pytest.raises(UserError, match=r"name the folder .*maestro-v3.0.0, which has it"):
        collect_performances(None, tmp_path, [])


def test_a_folder_in_place_of_a_table_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").mkdir()
    with pytest.raises(UserError) as caught:
        list_recordings(tmp_path)
    one_line(caught.value, "metadata.csv", "is a folder")


def test_the_latest_version_of_maestro_is_read(tmp_path: Path) -> None:
    for version, midi in (("2.0.0", "old.midi"), ("3.0.0", "new.midi")):
        (tmp_path / midi).touch()
        table = f"{MAESTRO}Bach,Fugue,train,2004,{midi},a.wav,1.0\n"
        (tmp_path / f"maestro-v{version}.csv").write_text(table, encoding="utf-8-sig")
    assert [each.midi.name for each in collect_performances(None, tmp_path, [])] == ["new.midi"]
    (tmp_path / "maestro-v3.0.0.csv").unlink()
    assert [each.midi.name for each in collect_performances(None, tmp_path, [])] == ["old.midi"]


def test_a_renamed_column_of_maestro_is_named(tmp_path: Path) -> None:
    (tmp_path / "maestro-v3.0.0.csv").write_text(MAESTRO.replace("midi_filename", "midi_file"))
    with pytest.raises(UserError) as caught:
        collect_performances(None, tmp_path, [])
    one_line(caught.value, "column midi_filename missing (is it 'midi_file' for midi_filename?)")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_beats_of_your_own_are_read_as_a_spreadsheet_saves_them(tmp_path: Path, encoding: str) -> None:
    plain = read_mazurka(mazurka(tmp_path / "plain"), "M1")
    beats = BEATS.replace(",", ";").replace(".", ",").replace("\n", ";;\r\n").encode(encoding)
    other = read_mazurka(mazurka(tmp_path / "other", beats, MARKS.replace(",", ";").encode(encoding)), "M1")
    assert other.marks == plain.marks
    assert {pid: times.tolist() for pid, times in other.beats.columns.items()} == {
        "pid1-01": [1.5, 2.5],
        "pid2-01": [2.0, 3.0],
    }


@pytest.mark.parametrize(
    ("beats", "marks", "words"),
    [
        (BEATS.replace("measure_number", "bar"), MARKS, "measure_number"),
        (BEATS.replace("2.5", "x"), MARKS, "line 3 holds 'x'"),
        (BEATS.replace(",3.0", ""), MARKS, "line 3 has 4 cells in place of 5"),
        (BEATS, MARKS.replace("p,f", "p,loud"), "'loud' is not one of"),
        (BEATS, b"\xff", "is not in UTF-8"),
    ],
)
def test_a_broken_table_of_a_mazurka_is_one_line(
    tmp_path: Path, beats: str | bytes, marks: str | bytes, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_mazurka(mazurka(tmp_path, beats, marks), "M1")
    one_line(caught.value, "M1", words)


def test_a_corpus_without_mazurkas_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no MazurkaBL here"):
        list_mazurkas(tmp_path)


READERS = {
    "asap": lambda root, content: list_recordings(asap(root, content)),
    "beats": lambda root, content: read_mazurka(mazurka(root, content), "M1"),
    "marks": lambda root, content: read_mazurka(mazurka(root, BEATS, content), "M1"),
    "notes": lambda root, content: read_note_alignment(_file(root, content)),
    "annotations": lambda root, content: read_beat_annotations(_file(root, content)),
}
WHOLE = {
    "asap": f"{ASAP}\n{ASAP_ROW}\n",
    "beats": BEATS,
    "marks": MARKS,
    "notes": "xml_id\tmidi_id\ttrack\tchannel\tpitch\tonset\nn1\tm1\t0\t0\t60\t1.5\n",
    "annotations": "1.0\t1.0\tdb,3/4,0\n2.0\t2.0\tb\n",
}


def _file(root: Path, content: bytes) -> Path:
    (root / "table.tsv").write_bytes(content)
    return root / "table.tsv"


@pytest.mark.parametrize("kind", sorted(READERS))
@given(place=st.integers(0, 150), junk=st.binary(max_size=3), cut=st.integers(0, 4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_table_is_read_or_is_one_line(tmp_path: Path, kind: str, place: int, junk: bytes, cut: int) -> None:
    whole = WHOLE[kind].encode()
    place = min(place, len(whole))
    try:
        READERS[kind](tmp_path, whole[:place] + junk + whole[place + cut :])
    except PercePianoError as error:
        one_line(error)
