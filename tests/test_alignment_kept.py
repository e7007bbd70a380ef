"""What is kept of an alignment, how it is compared with a known one, and what is loaded for it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from alignment_cases import SCALE, performance_of, random_score, scale_performance, score_of
from hypothesis import given, settings
from hypothesis import strategies as st

from percepiano_core.alignment.accuracy import KnownAlignment, agreement, annotated, unison_agreement, windows
from percepiano_core.alignment.alignment import Alignment, Excursion, RepeatTaken
from percepiano_core.alignment.match import align
from percepiano_core.alignment.simulate import FAULTLESS, simulate
from percepiano_core.alignment.table import (
    COLUMNS,
    alignment_rows,
    match_pairs,
    read_alignment_csv,
    write_alignment_csv,
)
from percepiano_core.corpus.asap import NoteLine
from percepiano_core.errors import DataError, UserError
from percepiano_core.store.alignments import AlignedPerformance, read_segment_alignments, write_segment_alignments


class TestTable:
    alignment = align(SCALE, scale_performance(start=0.25))

    def test_columns_and_formats(self) -> None:
        first = alignment_rows(self.alignment, scale_performance(start=0.25))[0]
        assert tuple(first) == COLUMNS
        assert tuple(first.values()) == ("match", "0.0000", "60", "p0n0", "0", "0.25000", "60", "64")

    def test_reading_gives_back_what_was_written(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        played = performance_of((0.25, 60), (0.75, 61), (0.9, 90), (1.75, 63))
        alignment = align(SCALE, played)
        write_alignment_csv(tmp_path / "a.csv", alignment, played)
        rows = read_alignment_csv(tmp_path / "a.csv")
        assert rows == [dict.fromkeys(COLUMNS, "") | row for row in alignment_rows(alignment, played)]
        assert match_pairs(rows) == {("0.0000", 60, 0), ("1.0000", 61, 1), ("3.0000", 63, 3)}

    @pytest.mark.parametrize("text", ["", "label,score_pitch\n", ",".join(COLUMNS) + "\nmaybe,,,,,,,\n"])
    def test_another_table_is_refused(self, text: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(DataError, match=r"a\.csv: has"):
            read_alignment_csv(tmp_path / "a.csv")


class TestStore:
    def test_reading_gives_back_notes_controls_and_matches(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        fitting, failing = scale_performance(), performance_of((1.0, 99), (1.0, 99))
        stored = {
            name: AlignedPerformance(played, align(SCALE, played))
            for name, played in (("x_2", failing), ("x_1", fitting))
        }
        write_segment_alignments(tmp_path / "x.h5", SCALE, stored)
        segment = read_segment_alignments(tmp_path / "x.h5")
        np.testing.assert_array_equal(segment.score_notes, SCALE)
        assert list(segment.performances) == ["x_1", "x_2"]
        for name, written in stored.items():
            read = segment.performances[name]
            assert read.alignment.score_notes is segment.score_notes
            for part in ("notes", "controls"):
                np.testing.assert_array_equal(getattr(read.performed, part), getattr(written.performed, part))
                assert getattr(read.performed, part).dtype == getattr(written.performed, part).dtype
            assert (read.performed.end_sec, read.performed.ticks_per_quarter) == (9.0, 480)
            np.testing.assert_array_equal(read.alignment.matches, written.alignment.matches)
            np.testing.assert_array_equal(read.alignment.performed_kept, written.alignment.performed_kept)
            assert read.alignment.status == written.alignment.status

    def test_equal_alignments_give_equal_bytes(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        stored = {"x_1": AlignedPerformance(scale_performance(), align(SCALE, scale_performance()))}
        for name in ("a.h5", "b.h5"):
            write_segment_alignments(tmp_path / name, SCALE, stored)
        assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()

    def test_a_file_of_another_kind_is_refused(self, tmp_path) -> None:  # type: ignore[no-untyped-def]
        from percepiano_core.store.container import write_container

        write_container(tmp_path / "x.h5", "features", 1, {})
        with pytest.raises(UserError, match="holds features"):
            read_segment_alignments(tmp_path / "x.h5")


class TestAccuracyMeasures:
    def test_precision_and_recall_count_exact_pairs(self) -> None:
        result = agreement([(0, 0), (1, 1), (2, 3)], [(0, 0), (1, 1), (2, 2), (3, 3)])
        assert (result.precision, result.recall) == (2 / 3, 2 / 4)
        assert result.f1 == pytest.approx(4 / 7)

    def test_unisons_may_be_exchanged(self) -> None:
        score = score_of((0, 1, 60), (0, 2, 60))
        found, true = np.array([[0, 0], [1, 1]]), np.array([[1, 0], [0, 1]])
        assert agreement(found.tolist(), true.tolist()).f1 == 0
        assert unison_agreement(found, true, score).f1 == 1

    def test_annotations_become_rows_by_name_onset_and_pitch(self) -> None:
        played = performance_of((0.0, 60), (0.5, 61), (0.5, 90))
        lines = [
            NoteLine("p0n1", 61, 0.50001),
            NoteLine("", 90, 0.5),
            NoteLine("p0n5", -1, np.nan),
            NoteLine("q", 60, 0),
        ]
        assert annotated(SCALE, played, lines).matches.tolist() == [[1, 1]]

    def test_windows_keep_their_own_notes_and_matches(self) -> None:
        played = performance_of(*[(0.5 * i, 60 + i) for i in range(8)], (3.7, 90))
        known = KnownAlignment(SCALE, played, np.array([[i, i] for i in range(8)]))
        first, last = windows(known, 3.0, 2)
        assert first.score_notes["pitch"].tolist() == first.performed.notes["pitch"].tolist() == [60, 61, 62]
        assert last.score_notes["pitch"].tolist() == [64, 65, 66]
        assert last.matches.tolist() == [[0, 0], [1, 1], [2, 2]]

    @given(st.integers(0, 10_000))
    @settings(max_examples=25, deadline=None)
    def test_a_faultless_simulation_plays_every_note_once(self, seed: int) -> None:
        score = random_score(seed)
        known = simulate(score, FAULTLESS, np.random.default_rng(seed))
        assert sorted(known.matches[:, 0].tolist()) == list(range(len(score)))
        np.testing.assert_array_equal(
            score["pitch"][known.matches[:, 0]], known.performed.notes["pitch"][known.matches[:, 1]]
        )
        assert (np.diff(known.performed.notes["onset_tick"]) >= 0).all()
        assert known.performed.notes["onset_sec"].min() >= 0


HEAVY = ("matplotlib", "pandas", "scipy.signal", "numba", "xmlschema", "joblib", "sklearn", "torch")


class TestImports:
    def test_aligning_loads_no_plotting_tables_or_compilers(self) -> None:
        code = (
            "import sys, percepiano_core.alignment.performance, percepiano_core.score.written_score;"
            f"print([name for name in {HEAVY} if name in sys.modules])"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert result.stdout.strip() == "[]"

    def test_stored_alignments_are_read_without_the_aligning_libraries(self) -> None:
        code = (
            "import sys, percepiano_core.store.alignments;"
            "print([name for name in ('partitura', 'parangonar', 'scipy', 'pandas') if name in sys.modules])"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert result.stdout.strip() == "[]"

    def test_a_deferred_module_works_when_it_is_used_after_all(self) -> None:
        code = (
            "import percepiano_core.alignment.match;"
            "from partitura.musicanalysis.performance_features import find_peaks;"
            "from partitura.io.importdcml import pd;"
            "from partitura.io.importmei import XML_NAMESPACE;"
            "import scipy.signal, numpy, xmlschema;"
            "print(find_peaks(numpy.array([0, 1, 0]))[0].tolist(), pd.DataFrame.__name__, XML_NAMESPACE[:4],"
            " scipy.signal.__file__[-11:], xmlschema.XMLSchema.__name__)"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert result.stdout.split() == ["[1]", "DataFrame", "http", "__init__.py", "XMLSchema10"]


def test_orders_excursions_and_ornaments_are_kept(tmp_path) -> None:  # type: ignore[no-untyped-def]
    excursion = Excursion("skipped", "3", "X1", (2, 4), (5, 5), (1.5, 1.5))
    repeat = RepeatTaken("da capo", "8", "1", 1, 1)
    twice = np.concatenate([SCALE, SCALE])
    performed = scale_performance()
    kept, matches = np.ones(len(performed.notes), dtype=bool), np.array([[0, 0], [1, 1]])
    found = {
        "plain": Alignment(SCALE, kept, matches),
        "repeated": Alignment(twice, kept, matches, order=(0, 1, 0, 1), repeats=(repeat,), transposition=-2),
        "skipping": Alignment(twice, kept, matches, order=(0, 1, 0, 1), excursions=(excursion,)),
        "trilling": Alignment(SCALE, kept, matches, ornament_notes=np.array([[1, 2]])),
    }
    path = tmp_path / "segment.h5"
    write_segment_alignments(path, SCALE, {name: AlignedPerformance(performed, each) for name, each in found.items()})
    read = {name: each.alignment for name, each in read_segment_alignments(path).performances.items()}
    for name, expected in found.items():
        for field in ("order", "excursions", "repeats", "transposition", "c", "status"):
            assert getattr(read[name], field) == getattr(expected, field), (name, field)
        np.testing.assert_array_equal(read[name].ornament_notes, expected.ornament_notes)
        np.testing.assert_array_equal(read[name].score_notes, expected.score_notes)
    assert read["repeated"].score_notes is read["skipping"].score_notes
    assert read["plain"].score_notes is read["trilling"].score_notes
