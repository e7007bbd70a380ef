"""The MIDI file of each performance, whatever the corpus: what can be rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from percepiano_core.corpus.asap_dynamics import marked_recordings, performance_name
from percepiano_core.corpus.midi_files import LAYOUTS, midi_files
from percepiano_core.corpus.readers import list_performances
from percepiano_core.corpus.synthetic.writing import Settings, write_corpus
from percepiano_core.errors import UserError

MAESTRO_HEADER = "canonical_composer,canonical_title,split,year,midi_filename,audio_filename,duration\n"


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def test_a_corpus_with_a_manifest_gives_its_performances(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", Settings(1, 2, 2))
    found = midi_files("manifest", tmp_path / "corpus")
    assert list(found) == [each.performance for each in list_performances("manifest", tmp_path / "corpus")]
    assert len(found) == 6 and all(path.is_file() for path in found.values())


def test_maestro_gives_the_files_of_its_table_that_are_there(tmp_path: Path) -> None:
    names = ("b, c.midi", "a.midi", "absent.midi")
    rows = [f'Schubert,Sonata,test,2018,"2018/{name}",x.wav,1\n' for name in names]
    (tmp_path / "maestro-v3.0.0.csv").write_text("".join([MAESTRO_HEADER, *rows]))
    touch(tmp_path, "2018/a.midi", "2018/b, c.midi", "2018/unlisted.midi")
    assert midi_files("maestro", tmp_path) == {
        "2018/a": tmp_path / "2018/a.midi",
        "2018/b, c": tmp_path / "2018/b, c.midi",
    }


def test_a_folder_gives_every_midi_file_by_its_path(tmp_path: Path) -> None:
    touch(tmp_path, "no.3 (live).mid", "Bach/ Fügue #1.MIDI", "Bach/notes.txt", "b.mid")
    assert list(midi_files("folder", tmp_path)) == ["Bach/ Fügue #1", "b", "no.3 (live)"]
    touch(tmp_path, "b.midi")
    with pytest.raises(UserError, match="a second file called b; rename"):
        midi_files("folder", tmp_path)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_folder_without_such_a_corpus_is_one_line(layout: str, tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError, match=str(root)) as error:
            midi_files(layout, root)
        assert "\n" not in str(error.value)


def test_an_unknown_layout_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose one of percepiano, manifest, asap, maestro, folder"):
        midi_files("midi", tmp_path)


def test_the_real_corpora_give_all_their_performances(percepiano_root: Path, asap_root: Path) -> None:
    rated, asap = midi_files("percepiano", percepiano_root), midi_files("asap", asap_root)
    assert len(rated) == 1202 and "Schubert_D935_no.3_4bars_3_5" in rated
    assert all(path.is_file() for path in [*rated.values(), *asap.values()])
    wanted = {performance_name(each): asap_root / each.midi for each in marked_recordings(asap_root)}
    assert wanted.items() <= asap.items() and len(wanted) == 35
