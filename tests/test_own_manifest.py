"""Manifests as people write them: what is right, and the one line for what is not."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from percepiano_core.corpus.manifest_rows import COLUMNS
from percepiano_core.corpus.readers import check_root, survey
from percepiano_core.corpus.records import Performance
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine
from percepiano_core.ratings.derivations import derive
from percepiano_core.ratings.labels import labels_of_corpus
from percepiano_core.ratings.table import read_ratings

NFC, NFD = "Präludium", unicodedata.normalize("NFD", "Präludium")


def row(name: str, **more: str) -> dict[str, str]:
    cells = {"performance": name, "segment": "tune", "piece": "tune", "work": "op1", "player": "anna"}
    return cells | {"midi": "midi/a.mid", "score": "scores/tune.musicxml"} | more


def corpus(root: Path, rows: list[dict[str, str]], files: tuple[str, ...] = (), **dialect: str) -> Path:
    """A corpus of these rows; the files are empty."""
    for name in ("midi/a.mid", "scores/tune.musicxml", *files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    columns = list(dict.fromkeys(column for each in rows for column in each))
    encoding, separator = dialect.get("encoding", "utf-8"), dialect.get("separator", ",")
    with (root / "manifest.csv").open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns, restval="", delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    (root / "ratings.csv").write_text("user,dataID,filename\n")
    return root


def surveyed(root: Path, rows: list[dict[str, str]], *files: str) -> tuple[list[Performance], list[QualityLine]]:
    return survey("manifest", corpus(root, rows, files))


def only_line(lines: list[QualityLine]) -> QualityLine:
    assert len(lines) == 1, lines
    assert len(lines[0].problem.splitlines()) == 1
    return lines[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_manifest_is_read_alike_in_every_dialect(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [row("é, b; c", bars="8", deadpan="FALSCH"), row("b", composer="Bartók", bars="8.0", deadpan="WAHR")]
    plain, _ = survey("manifest", corpus(tmp_path / "plain", rows))
    spelled = [{f" {name.title().replace('_', ' ')} ": f" {cell} " for name, cell in each.items()} for each in rows]
    other, lines = survey("manifest", corpus(tmp_path / "other", spelled, encoding=encoding, separator=separator))
    assert lines == []
    assert other == plain
    assert [(each.bars, each.deadpan, each.composer) for each in plain] == [(8, True, "Bartók"), (8, False, "Bartók")]


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("midi\\b.mid", "midi/b.mid"),
        ("./midi/b.mid", "midi/b.mid"),
        ("MIDI/B.MID", "midi/b.mid"),
        ("midi/Take.mid", "midi/Take.MID"),
        (f"midi/{NFC}.mid", f"midi/{NFD}.mid"),
        (f"midi/{NFD}.mid", f"midi/{NFC}.mid"),
        ("midi/b.mid", "midi/ b.mid"),
        (" midi/b.mid", " midi/b.mid"),
        ("midi/it's 100% [a b]: -x;.mid", "midi/it's 100% [a b]: -x;.mid"),
        ("midi/c:d.mid", "midi/c:d.mid"),
    ],
)
def test_a_file_is_found_however_its_path_is_written(tmp_path: Path, written: str, file: str) -> None:
    performances, lines = surveyed(tmp_path, [row("b", midi=written)], file)
    assert lines == []
    assert (tmp_path / performances[0].midi).is_file()
    assert (tmp_path / performances[0].midi).samefile(tmp_path / file)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("../secret.mid", "lies outside the corpus"),
        ("midi\\..\\..\\secret.mid", "lies outside the corpus"),
        ("/midi/a.mid", "is an absolute path"),
        ("C:\\corpus\\midi\\a.mid", "is an absolute path"),
        ("C:/corpus/midi/a.mid", "is an absolute path"),
        ("\\\\server\\corpus\\a.mid", "is an absolute path"),
        ("midi", "is a folder"),
        ("midi/aa.mid", "is missing; did you mean 'midi/a.mid'?"),
        ("midi/a2.mid", "is missing"),
        ("midi/a", "is missing; did you mean 'midi/a.mid'?"),
        ("midi/TAKE.mid", "may be midi/Take.mid or midi/take.mid"),
        ("midi/{b}.mid", "holds the character {"),
        ("midi/<b>.mid", "holds the character <"),
        ("midi/b\nc.mid", "holds a line break"),
        ("x" * 5000, "is missing"),
    ],
)
def test_a_path_that_cannot_be_used_is_one_line(tmp_path: Path, written: str, words: str) -> None:
    files = ("midi/Take.mid", "midi/take.mid", "midi/{b}.mid", "midi/<b>.mid", "midi/b\nc.mid")
    (tmp_path / "secret.mid").touch()
    performances, lines = surveyed(tmp_path / "corpus", [row("a"), row("b", midi=written)], *files)
    assert [each.performance for each in performances] == ["a"]
    line = only_line(lines)
    assert (line.subject, line.file) == ("b", "manifest.csv")
    assert line.problem.startswith("row 3: midi '")
    assert words in line.problem


def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: "b.mid" not in str(path))
    _, lines = surveyed(tmp_path, [row("a"), row("b", midi="midi/b.mid")], "midi/b.mid")
    assert "cannot be read" in only_line(lines).problem


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'say "hi"', "100%", "-x", "--help", "c:d", "[x]*?", "$HOME", "é音", "~", "op.10"]
)
@pytest.mark.parametrize("column", ["performance", "segment", "piece", "work", "player"])
def test_odd_names_are_kept(tmp_path: Path, column: str, name: str) -> None:
    performances, lines = surveyed(tmp_path, [row("a") | {column: name}])
    assert lines == []
    assert getattr(performances[0], column) == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a{b}", "holds the character {"),
        ("a<b>", "holds the character <"),
        ("a/b", "holds the character /"),
        ("a\\b", "holds the character \\"),
        ("a\nb", "holds a line break"),
        ("a\tb", "holds a tab"),
        ("a\0b", "control character"),
        ("..", "cannot be a name"),
        ("attrs", "cannot be a name"),
        ("é" * 101, "longer than 200 bytes"),
        ("ab" * 20, "20 repetitions"),
        ("#REF!", "error of the spreadsheet's formula"),
    ],
)
@pytest.mark.parametrize("column", ["performance", "segment", "piece"])
def test_a_name_that_cannot_be_used_is_one_line_that_says_why(
    tmp_path: Path, column: str, name: str, words: str
) -> None:
    if "\0" in name:
        root = corpus(tmp_path, [row("a"), row("b", segment="s") | {column: "a~b"}])
        (root / "manifest.csv").write_text((root / "manifest.csv").read_text().replace("a~b", name))
        with pytest.raises(UserError, match="zero bytes"):
            survey("manifest", root)
        return
    performances, lines = surveyed(tmp_path, [row("a"), row("b", segment="s") | {column: name}])
    assert [each.performance for each in performances] == ["a"]
    line = only_line(lines)
    assert line.problem.startswith(f"row 3: {column} '")
    assert words in line.problem


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (row("a"), "a second row for this performance (the first is row 2)"),
        (row("a.wav"), "a second row for this performance"),
        (row("b", score="scores/b.musicxml"), "score of the segment 'tune' is 'scores/b.musicxml' here and"),
        (row("b", piece="other"), "piece of the segment 'tune' is 'other' here and 'tune' in row 2"),
        (row("b", work="other"), "work of the segment"),
        (row("b", player="1.0"), "player is '1.0' here and '1' in row 2"),
        (row("b", bars="8-Jan"), "bars is '8-Jan', not a whole number"),
        (row("b", bars="1,5"), "bars is '1,5', not a whole number"),
        (row("b", deadpan="si"), "deadpan is 'si'"),
    ],
)
def test_rows_that_do_not_fit_each_other_are_one_line(tmp_path: Path, second: dict[str, str], words: str) -> None:
    performances, lines = surveyed(tmp_path, [row("a", player="1"), second], "scores/b.musicxml")
    assert len(performances) == 1
    line = only_line(lines)
    assert line.problem.startswith("row 3: ")
    assert words in line.problem


def test_an_unquoted_separator_inside_a_name_is_one_line(tmp_path: Path) -> None:
    root = corpus(tmp_path, [row("a"), row("b~c")])
    (root / "manifest.csv").write_text((root / "manifest.csv").read_text().replace("b~c", "b,c"))
    line = only_line(survey("manifest", root)[1])
    assert line.problem == "row 3: it has 8 cells for 7 columns"
    assert line.remedy == "put cells that hold a comma into double quotes"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("Anna", "anna"), "in capitals or blanks alone"),
        (("Anna B", "Anna  B"), "alone"),
        (("3-Nov",), "looks like a date"),
        (("03. Mrz",), "a date"),
        (("Nov-03",), "a date"),
        (("2026-11-03 00:00:00",), "a date"),
        (("1E+05",), "a number"),
    ],
)
def test_what_looks_wrong_is_used_and_told(tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    rows = [row(f"p{index}", player=name) for index, name in enumerate(names * 2)]
    performances, lines = surveyed(tmp_path, rows)
    assert len(performances) == len(rows)
    assert words in only_line(lines).problem


def test_the_first_composer_named_is_that_of_the_segment(tmp_path: Path) -> None:
    rows = [row("c"), row("b", composer="Bach"), row("a", composer="J. S. Bach")]
    performances, lines = surveyed(tmp_path, [{"composer": ""} | each for each in rows])
    assert [each.composer for each in performances] == ["Bach"] * 3
    assert only_line(lines).problem == "row 4: composer 'J. S. Bach' is 'Bach' in row 3, of the same segment"


@pytest.mark.parametrize("name", ["Maria 3", "May 12", "2026-11-03", "Nov", "3 Nov", "12-June Smith"])
def test_a_name_that_no_spreadsheet_makes_is_not_doubted(tmp_path: Path, name: str) -> None:
    assert surveyed(tmp_path, [row("a", player=name)])[1] == []


def test_a_segment_spelled_in_composed_and_in_decomposed_letters_is_one(tmp_path: Path) -> None:
    performances, lines = surveyed(tmp_path, [row("a", segment=NFC), row("b", segment=NFD)])
    assert lines == []
    assert {each.segment for each in performances} == {NFC}


def test_a_manifest_of_unusable_rows_says_what_is_wrong_with_the_first(tmp_path: Path) -> None:
    root = corpus(tmp_path, [row("b", midi="b/c.mid"), row("a", midi="b/d.mid")])
    with pytest.raises(
        UserError, match=r"no usable performance \(the first of 2 rows left out is row 2: midi 'b/c.mid'"
    ):
        check_root("manifest", root)


names = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)


@given(cells=st.lists(st.dictionaries(st.sampled_from(COLUMNS), names), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_cells_hold_is_a_performance_or_a_line(tmp_path: Path, cells: list[dict[str, str]]) -> None:
    rows = [row(str(number)) | each for number, each in enumerate(cells)]
    if any("\0" in cell for each in rows for cell in each.values()):
        return
    performances, lines = surveyed(tmp_path, rows)
    left_out = [line for line in lines if line.consequence == "the performance is left out"]
    assert len(performances) + len(left_out) == len(rows)
    assert all(len(line.problem.splitlines()) == 1 for line in lines)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_ratings_are_read_in_any_dialect_and_belong_to_the_names_of_the_manifest(tmp_path: Path, encoding: str) -> None:
    rated = ["op.10", NFD, "7", "Take"]
    lines = [";".join(["User", "DataID", "FileName", *DIMENSION_KEYS])]
    cells = [f"audio\\{rated[0]}.WAV", f" {rated[1]}.mp3 ", "7,0", "take.mid"]
    lines += [";".join(["201,0", str(task), name, *["5,0"] * 19]) for task, name in enumerate(cells)]
    (tmp_path / "ratings.csv").write_bytes("\r\n".join(lines).encode(encoding))
    table, left_out = read_ratings(tmp_path / "ratings.csv")
    assert left_out == []
    assert table.users.tolist() == ["201"] * 4
    assert (table.values == 5).all()
    labels, told = labels_of_corpus(derive("clean", table), ["op.10", NFC, "7", "Take"])
    assert labels.performances == ("op.10", NFC, "7")
    assert told[0].problem == "nobody rated it (ratings are of 'take', which is no performance)"
