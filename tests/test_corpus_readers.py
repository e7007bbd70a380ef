"""Readers: names, keys, and what they say about files that do not fit."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.readers import check_root, list_performances, ratings_path, survey
from percepiano_core.errors import UserError

THEMA = "Beethoven_WoO80_thema_8bars"


def published_layout(root: Path, performances: list[str], scores: list[str]) -> Path:
    for folder in (percepiano.PERFORMANCES, percepiano.SCORES, "labels"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in performances:
        (root / percepiano.PERFORMANCES / name).write_bytes(name.encode())
    for name in scores:
        (root / percepiano.SCORES / name).write_text("<score-partwise/>")
    (root / percepiano.RATINGS).write_text("user,dataID,filename\n")
    return root


def own_corpus(root: Path, rows: list[dict[str, str]]) -> Path:
    root.mkdir(exist_ok=True)
    with (root / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        for key in ("midi", "score"):
            (root / row[key]).parent.mkdir(exist_ok=True)
            (root / row[key]).write_text("x")
    (root / "ratings.csv").write_text("user,dataID,filename\n")
    return root


def own_row(name: str, player: str = "anna", **more: str) -> dict[str, str]:
    row = {"performance": name, "segment": "tune_1", "piece": "tune", "work": "op1", "player": player}
    return row | {"midi": f"performances/{name}.mid", "score": "scores/tune_1.musicxml"} | more


def test_published_corpus_has_the_known_performances(percepiano_names: Path) -> None:
    performances = list_performances("percepiano", percepiano_names)
    keys = [each.performance for each in performances]
    assert hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest().startswith("47f53cad7c7b9136")
    assert keys == sorted(keys)
    assert len(keys) == 1202
    assert len({each.segment for each in performances}) == 99
    assert len({each.piece for each in performances}) == 20
    assert sum(each.deadpan for each in performances) == 129
    assert sum(each.player == "Score2" for each in performances) == 30
    assert len({each.performer for each in performances if not each.deadpan}) == 31


def test_published_corpus_equals_the_golden_table(percepiano_names: Path, golden: Path) -> None:
    with (golden / "splits" / "corpus.csv").open(newline="") as file:
        expected = {row["stem"]: row for row in csv.DictReader(file)}
    for each in list_performances("percepiano", percepiano_names):
        row = expected[each.performance]
        assert (each.movement, each.piece, str(each.bars)) == (row["work"], row["piece"], row["bars"])
        assert (each.player, each.segment_number, each.segment) == (row["player"], row["seg"], row["segment"])
        assert each.player_index == int(row["perf_fold"])


def test_published_corpus_is_complete_and_says_what_it_leaves_out(percepiano_names: Path) -> None:
    check_root("percepiano", percepiano_names)
    _, lines = survey("percepiano", percepiano_names)
    assert [Path(line.file).name for line in lines] == ["beethoven_woo80_score2.mid", "beethoven_woo80_score2.musicxml"]


def test_a_blank_before_the_name_and_a_dot_inside_it_do_not_count() -> None:
    name = percepiano.parse_name(" Schubert_D935_no.3_4bars_2_1.mid")
    assert name == percepiano.Name("Schubert_D935_no.3", 4, "2", "1")
    assert name.work == name.movement == "D935"


def test_segment_numbers_keep_their_zeros_and_a_deadpan_performance_is_its_own_score() -> None:
    name = percepiano.parse_name("Schubert_D960_mv2_16bars_Score_03.mid")
    assert name is not None
    assert (name.number, name.movement, name.score) == ("03", "D960mv2", "Schubert_D960_mv2_16bars_Score_03")


@pytest.mark.parametrize(
    "name", ["beethoven_woo80_score2.mid", f"{THEMA}_1_1_copy.mid", "Schubert_D960_mv4_8bars_1_01.mid"]
)
def test_other_names_are_outside_the_grammar(name: str) -> None:
    assert percepiano.parse_name(name) is None


def test_files_that_do_not_fit_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    good, twin = f"{THEMA}_1_1.mid", f" {THEMA}_1_1.mid"
    unpaired = "Schubert_D960_mv3_8bars_0_05.mid"
    root = published_layout(tmp_path, [good, twin, unpaired, "notes.txt", ".hidden"], [f"{THEMA}_Score_1.musicxml"])
    performances, lines = survey("percepiano", root)
    assert [each.midi for each in performances] == [f"{percepiano.PERFORMANCES}/{good}"]
    problems = {Path(line.file).name: line.problem for line in lines}
    assert set(problems) == {twin, unpaired, "notes.txt"}
    assert "second file" in problems[twin]
    assert "Schubert_D960_mv3_8bars_Score_05.musicxml is missing" in problems[unpaired]


@pytest.mark.parametrize("reader", ["percepiano", "manifest"])
def test_a_missing_corpus_stops_the_run_with_one_line(reader: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        check_root(reader, tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_published_corpus_names_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"PERCEPIANO_ROOT.*download"):
        check_root("percepiano", tmp_path / "nowhere")


def test_an_incomplete_corpus_names_what_is_missing(tmp_path: Path) -> None:
    root = published_layout(tmp_path, [f"{THEMA}_1_1.mid"], [f"{THEMA}_Score_1.musicxml"])
    check_root("percepiano", root)
    (root / percepiano.RATINGS).unlink()
    with pytest.raises(UserError, match=r"total_2rounds\.csv missing"):
        check_root("percepiano", root)


def test_a_corpus_without_any_score_is_empty(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="empty"):
        check_root("percepiano", published_layout(tmp_path, [f"{THEMA}_1_1.mid"], []))


def test_a_corpus_of_the_other_layout_names_its_reader(tmp_path: Path) -> None:
    own = own_corpus(tmp_path / "own", [own_row("a")])
    with pytest.raises(UserError, match="set the reader of the rated corpus to manifest"):
        check_root("percepiano", own)
    published = published_layout(tmp_path / "published", [f"{THEMA}_1_1.mid"], [f"{THEMA}_Score_1.musicxml"])
    with pytest.raises(UserError, match="set the reader of the rated corpus to percepiano"):
        check_root("manifest", published)


def test_a_file_in_place_of_a_folder_is_an_incomplete_corpus(tmp_path: Path) -> None:
    root = published_layout(tmp_path, [], [f"{THEMA}_Score_1.musicxml"])
    (root / percepiano.PERFORMANCES).rmdir()
    (root / percepiano.PERFORMANCES).touch()
    with pytest.raises(UserError, match=r"all_2rounds missing"):
        check_root("percepiano", root)


def test_an_unknown_reader_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="manifest, percepiano"):
        list_performances("maestro", tmp_path)


def test_an_own_corpus_needs_few_columns(tmp_path: Path) -> None:
    rows = [own_row("b", "berta"), own_row("a"), own_row("c", "machine", deadpan="true")]
    root = own_corpus(tmp_path, [{"deadpan": ""} | row for row in rows])
    check_root("manifest", root)
    performances = list_performances("manifest", root)
    assert [each.performance for each in performances] == ["a", "b", "c"]
    assert [each.performer for each in performances] == ["op1/anna", "op1/berta", "op1/machine"]
    assert [each.player_index for each in performances] == [0, 1, -1]
    assert [each.movement for each in performances] == ["op1"] * 3
    assert ratings_path("manifest", root) == root / "ratings.csv"


def test_the_earlier_name_of_the_column_deadpan_is_read(tmp_path: Path) -> None:
    root = own_corpus(tmp_path, [{"rendered": "no"} | row for row in (own_row("a"), own_row("b", rendered="yes"))])
    assert [each.deadpan for each in list_performances("manifest", root)] == [False, True]


def test_rows_of_an_own_corpus_that_do_not_fit_are_listed(tmp_path: Path) -> None:
    rows = [
        own_row("a"),
        own_row("a"),
        own_row("b", bars="eight"),
        own_row("c"),
        own_row(""),
        own_row("e", deadpan="si"),
    ]
    root = own_corpus(tmp_path, [{"bars": "8", "deadpan": "no"} | row for row in rows])
    (root / "performances/c.mid").unlink()
    performances, lines = survey("manifest", root)
    assert [each.performance for each in performances] == ["a"]
    assert [line.problem.partition(":")[0] for line in lines] == [f"row {number}" for number in range(3, 8)]
    text = " ".join(line.problem for line in lines)
    for part in (
        "second row",
        "bars is 'eight'",
        "midi 'performances/c.mid' is missing",
        "performance is empty",
        "'si'",
    ):
        assert part in text


def test_an_own_corpus_cannot_name_files_outside_itself(tmp_path: Path) -> None:
    (tmp_path / "secret.mid").write_text("x")
    root = own_corpus(tmp_path / "corpus", [own_row("a"), own_row("b")])
    manifest = (root / "manifest.csv").read_text().replace("performances/b.mid", "../secret.mid")
    (root / "manifest.csv").write_text(manifest)
    performances, lines = survey("manifest", root)
    assert [each.performance for each in performances] == ["a"]
    assert "outside the corpus" in lines[0].problem


@pytest.mark.parametrize("index", ["--1", "1.5", "x"])
def test_a_player_index_that_is_no_number_is_listed(tmp_path: Path, index: str) -> None:
    root = own_corpus(tmp_path, [own_row("a", player_index="-3"), own_row("b", player_index=index)])
    performances, lines = survey("manifest", root)
    assert [each.player_index for each in performances] == [-3]
    assert f"player_index is '{index}'" in lines[0].problem


def test_a_manifest_in_another_encoding_stops_the_run(tmp_path: Path) -> None:
    root = own_corpus(tmp_path, [own_row("a")])
    (root / "manifest.csv").write_bytes((root / "manifest.csv").read_bytes().replace(b"anna", b"Andr\xe9"))
    with pytest.raises(UserError, match="UTF-8"):
        check_root("manifest", root)


def test_an_own_manifest_without_a_required_column_stops_the_run(tmp_path: Path) -> None:
    row = own_row("a")
    root = own_corpus(tmp_path, [row])
    (root / "manifest.csv").write_text("performance,segment\na,b\n")
    with pytest.raises(UserError, match="column piece, work, player, midi, score missing"):
        check_root("manifest", root)
