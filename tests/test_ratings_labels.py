"""From the ratings table to labels: the released ones, the cleaned ones, and what is left out."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from percepiano_core.corpus import percepiano
from percepiano_core.corpus.readers import list_performances
from percepiano_core.dimensions import DIMENSION_KEYS, DIMENSIONS
from percepiano_core.errors import UserError
from percepiano_core.quality import QualityLine
from percepiano_core.ratings.derivations import clean, derive, published
from percepiano_core.ratings.labels import Labels, labels_of_corpus, read_labels, select_performances, write_labels
from percepiano_core.ratings.person_ratings import first_occurrences
from percepiano_core.ratings.shuffle import shuffled
from percepiano_core.ratings.table import NOT_A_RATING, RatingTable, read_ratings

HEADER = ["user", "dataID", "filename", *DIMENSION_KEYS, "message"]


@pytest.fixture(scope="module")
def table(percepiano_files: Path) -> RatingTable:
    return read_ratings(percepiano.ratings_path(percepiano_files))[0]


def _row(line: QualityLine) -> int:
    return int(line.problem.split()[1])


def ratings_file(folder: Path, rows: list[list[str]], released: bool = False) -> Path:
    """A table of ratings; its columns are named after the dimensions, or, as in the release, after questions."""
    header = ["user", "dataID", "filename", *(f"q{i + 1}" for i in range(19)), "message"] if released else HEADER
    with (folder / "ratings.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return folder / "ratings.csv"


def row(user: str, data_id: str, name: str, *values: str) -> list[str]:
    """A row whose first dimensions are `values` and whose others are 4."""
    return [user, data_id, name, *values, *["4"] * (len(DIMENSION_KEYS) - len(values)), ""]


def test_ratings_table_has_the_known_rows(percepiano_files: Path) -> None:
    table, lines = read_ratings(percepiano.ratings_path(percepiano_files))
    assert len(table.users) + len(lines) == 14934
    assert [line.subject for line in lines] == ["Beethoven_WoO80_var28_8bars_2_16.wav"]
    assert "9.0" in Path(percepiano.ratings_path(percepiano_files)).read_text().splitlines()[_row(lines[0]) - 1]
    assert len(np.unique(table.users)) == 65
    assert np.sum((table.values > 7.1).any(axis=1)) + len(lines) == 208
    blank = np.isnan(table.values).all(axis=1)
    distinct = first_occurrences(table.users, table.data_ids)
    assert blank.sum() == 84
    assert len(table.users) - len(distinct) == 2198
    assert np.sum(~blank[distinct]) + len(lines) == 12652


def test_hidden_dont_knows_stand_in_the_reversed_items_alone(table: RatingTable) -> None:
    reversed_items = np.array([dimension.reversed for dimension in DIMENSIONS])
    eights, zeros = (table.values == 8).sum(axis=0), (table.values == 0).sum(axis=0)
    assert (eights[reversed_items].sum(), eights[~reversed_items].sum()) == (342, 0)
    assert (zeros[reversed_items].sum(), zeros[~reversed_items].sum()) == (11, 563)


@pytest.mark.parametrize(
    ("name", "folder", "keys", "total"),
    [("published", ".", 1202, 12628.418816), ("published_merged", "labels", 1189, 12511.826892)],
)
def test_released_labels_come_out_of_the_ratings_and_survive_their_file(
    table: RatingTable, percepiano_files: Path, tmp_path: Path, name: str, folder: str, keys: int, total: float
) -> None:
    write_labels(tmp_path / "labels.csv", derive(name, table))
    labels = read_labels(tmp_path / "labels.csv")
    means, stds = (
        json.loads((percepiano_files / folder / file).read_text())
        for file in (percepiano.PUBLISHED_MEANS, percepiano.PUBLISHED_STDS)
    )
    assert list(labels.performances) == list(means) == list(stds)
    assert len(labels.performances) == keys
    width = len(DIMENSION_KEYS)  # the 20th number of the means is the pianist
    np.testing.assert_allclose(labels.mean, [means[each][:width] for each in labels.performances], rtol=0, atol=1e-12)
    np.testing.assert_allclose(labels.std, [stds[each] for each in labels.performances], rtol=0, atol=1e-12)
    assert labels.mean.sum() == pytest.approx(total, abs=1e-6)


def test_released_labels_have_the_known_spread(table: RatingTable) -> None:
    mean = published(table).mean
    assert mean.mean() == pytest.approx(0.55296, abs=5e-6)
    assert (mean.min(), mean.max()) == pytest.approx((0.142857, 0.976190), abs=1e-6)
    assert mean.var(axis=0).mean() == pytest.approx(0.016132, abs=1e-6)


def test_clean_labels_equal_the_golden_ones(table: RatingTable, golden: Path) -> None:
    labels = clean(table)
    with (golden / "labels" / "clean_mean.csv").open(newline="") as file:
        expected = {line["stem"]: line for line in csv.DictReader(file)}
    assert set(labels.performances) == set(expected)
    assert labels.n_raters.tolist() == [int(expected[each]["k"]) for each in labels.performances]
    assert labels.n_raters.sum() == 11215
    means = [[float(expected[each][key]) for key in DIMENSION_KEYS] for each in labels.performances]
    np.testing.assert_allclose(labels.mean, means, rtol=0, atol=1e-6)
    assert labels.mean.sum() == pytest.approx(12638.800803, abs=1e-6)


def test_every_performance_of_the_corpus_has_labels(table: RatingTable, percepiano_names: Path) -> None:
    performances = [each.performance for each in list_performances("percepiano", percepiano_names)]
    for name in ("published", "clean"):
        labels, lines = labels_of_corpus(derive(name, table), performances)
        assert (len(labels.performances), lines) == (1202, [])


def test_clean_and_published_differ_as_documented(table: RatingTable) -> None:
    ours, theirs = clean(table), published(table)
    difference = np.abs(ours.mean - select_performances(theirs, ours.performances).mean)
    assert np.sum(difference > 0.02) == 5004
    assert difference.max() == pytest.approx(0.108, abs=5e-4)


@pytest.mark.parametrize("value", ["9", "8", "8.0", "-1", "3.5", "good", "nan", "inf", "1e9"])
def test_a_rating_out_of_range_loses_its_row_and_gets_one_line(tmp_path: Path, value: str) -> None:
    path = ratings_file(
        tmp_path, [row("1", "1", "a.wav"), row("1", "2", "b.wav", "4", value, "99"), row("2", "3", "b.wav")]
    )
    table, lines = read_ratings(path)
    assert table.performances.tolist() == ["a", "b"]
    assert len(lines) == 1
    assert lines[0].subject == "b.wav"
    assert lines[0].problem == f"row 3 (user 1): articulation_length is '{value}', {NOT_A_RATING}"


def test_an_8_counts_where_the_release_had_reversed_the_item_and_nowhere_else(tmp_path: Path) -> None:
    rows = [row("1", "1", "a.wav", "4", "8"), row("1", "2", "b.wav", "8", "4")]
    table, lines = read_ratings(ratings_file(tmp_path, rows, released=True))
    assert table.performances.tolist() == ["a"]
    assert [line.problem for line in lines] == [f"row 3 (user 1): q1 is '8', {NOT_A_RATING}"]


def test_a_table_with_too_few_columns_is_told_so_in_short(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text(",".join(["user", "dataID", "filename", *(f"q{i}" for i in range(18))]))
    with pytest.raises(UserError, match="it has 18 columns behind filename, none of them named after a quality"):
        read_ratings(tmp_path / "ratings.csv")
    (tmp_path / "ratings.csv").write_text(",".join(["user", "dataID", "filename", "tempo", *"abcd"]))
    with pytest.raises(UserError, match=r"of its 8 columns none is timing, .* and 13 more; give") as error:
        read_ratings(tmp_path / "ratings.csv")
    assert len(str(error.value)) < 300 + len(str(tmp_path))
    (tmp_path / "ratings.csv").write_text(",".join(["user", "dataID", "filename", *DIMENSION_KEYS[1:]]))
    with pytest.raises(UserError, match="column timing missing") as error:
        read_ratings(tmp_path / "ratings.csv")
    assert len(str(error.value)) < 200 + len(str(tmp_path))


def test_a_row_cut_short_is_left_out(tmp_path: Path) -> None:
    table, lines = read_ratings(ratings_file(tmp_path, [row("1", "1", "a.wav"), ["1", "2", "b.wav", "4"]]))
    assert table.performances.tolist() == ["a"]
    assert "cut short" in lines[0].problem


def test_a_file_name_loses_its_extension_and_no_other_dot(tmp_path: Path) -> None:
    names = ["no.3_4bars_1_25.wav", "no.3_4bars_1_25", " x.mp3"]
    table, _ = read_ratings(ratings_file(tmp_path, [row("1", str(i), name) for i, name in enumerate(names)]))
    assert table.performances.tolist() == ["no.3_4bars_1_25", "no.3_4bars_1_25", "x"]


def test_columns_with_keys_may_stand_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    keys = list(reversed(DIMENSION_KEYS))
    path.write_text(
        ",".join(["user", "dataID", "filename", "age", *keys]) + "\n1,1,a.wav,33," + ",".join("1234567" * 3)[:37]
    )
    values = read_ratings(path)[0].values[0]
    assert values[DIMENSION_KEYS.index("interpretation")] == 1
    assert values[DIMENSION_KEYS.index("mood_imagination")] == 2


def test_a_table_that_is_missing_or_another_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="missing"):
        read_ratings(tmp_path / "ratings.csv")
    (tmp_path / "ratings.csv").write_text("name,age\nx,3\n")
    with pytest.raises(UserError, match="not a table of ratings"):
        read_ratings(tmp_path / "ratings.csv")
    (tmp_path / "ratings.csv").write_bytes(b"user,dataID,filename\n1,1,\xe9.wav\n")
    with pytest.raises(UserError, match="UTF-8"):
        read_ratings(tmp_path / "ratings.csv")
    (tmp_path / "ratings.csv").write_text(",".join(HEADER).replace("tempo,", "speed,") + "\n")
    with pytest.raises(UserError, match=r"column tempo missing \(there are speed, message\)"):
        read_ratings(tmp_path / "ratings.csv")


def test_published_drops_rows_with_an_8_and_counts_repeats(tmp_path: Path) -> None:
    rows = [row("1", "1", "a.wav", "2", "8"), *[row("2", "2", "a.wav", "6", "0")] * 2, row("3", "3", "a.wav", "3", "7")]
    labels = published(read_ratings(ratings_file(tmp_path, rows, released=True))[0])
    assert labels.mean[0, :2] == pytest.approx([5 / 7, 7 / 7])
    assert labels.std[0, :2] == pytest.approx([np.std([6, 6, 3]) / 7, np.std([0, 0, 7]) / 7])
    assert labels.n_raters.tolist() == [2]


def test_clean_gives_each_person_one_vote_and_loses_single_cells(tmp_path: Path) -> None:
    rows = [
        row("1", "1", "a.wav", "2", "8", "1"),
        *[row("2", "2", "a.wav", "6", "0", "1")] * 3,
        row("2", "9", "a.wav", "4", "7", "1"),
        row("3", "3", "a.wav", *[""] * 19),
    ]
    labels = clean(read_ratings(ratings_file(tmp_path, rows, released=True))[0])
    assert labels.mean[0, :3] == pytest.approx([(2 + 5) / 2 / 7, 7 / 7, 1 / 7])
    assert labels.std[0, :3] == pytest.approx([1.5 / 7, 0, 0])
    assert labels.n_raters.tolist() == [2]


def test_the_nearest_name_is_suggested_to_the_performance_that_it_is_of(tmp_path: Path) -> None:
    rows = [row("1", "1", "T0_P1.wav"), row("1", "2", "t0_p1.wav"), row("1", "3", "tune_5")]
    names = ["t0_p0", "t0_p1", "tun_5"]
    _, lines = labels_of_corpus(clean(read_ratings(ratings_file(tmp_path, rows))[0]), names)
    assert [(line.subject, line.problem) for line in lines] == [
        ("t0_p0", "nobody rated it"),
        ("tun_5", "nobody rated it (ratings are of 'tune_5', which is no performance)"),
        ("T0_P1", "2 rated performances are not in the corpus, this one first; is 'T0_P1' the performance 't0_p1'?"),
    ]


def test_performances_without_full_labels_are_listed(tmp_path: Path) -> None:
    rows = [row("1", "1", "a.wav"), row("1", "2", "b.wav", "0"), row("1", "3", "x.wav"), row("1", "4", "y.wav")]
    labels, lines = labels_of_corpus(clean(read_ratings(ratings_file(tmp_path, rows))[0]), ["a", "b", "c"])
    assert labels.performances == ("a",)
    assert [(line.subject, line.problem) for line in lines] == [
        ("b", "a dimension has no rating"),
        ("c", "nobody rated it"),
        ("x", "2 rated performances are not in the corpus, this one first"),
    ]


def test_an_empty_table_has_no_labels(tmp_path: Path) -> None:
    table, _ = read_ratings(ratings_file(tmp_path, []))
    for name in ("published", "published_merged", "clean"):
        assert derive(name, table).performances == ()


def test_an_unknown_derivation_names_those_there_are(table: RatingTable) -> None:
    with pytest.raises(UserError, match="published, published_merged, clean"):
        derive("median", table)


def test_a_labels_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("performance,timing\na,0.5\n")
    with pytest.raises(UserError, match="has no column n_raters"):
        read_labels(tmp_path / "labels.csv")


def test_columns_of_labels_are_found_by_name(tmp_path: Path) -> None:
    labels = Labels(("a",), np.array([3]), np.arange(19.0)[None] / 19, np.arange(19.0)[None] / 38)
    write_labels(tmp_path / "labels.csv", labels)
    pd.read_csv(tmp_path / "labels.csv").iloc[:, ::-1].to_csv(tmp_path / "reversed.csv", index=False)
    read = read_labels(tmp_path / "reversed.csv")
    np.testing.assert_array_equal(read.mean, labels.mean)
    np.testing.assert_array_equal(read.std, labels.std)


@given(st.lists(st.floats(0, 1), min_size=19, max_size=19))
def test_labels_survive_their_file_exactly(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    labels = Labels(("a",), np.array([3]), np.array([values]), np.array([values[::-1]]))
    write_labels(path, labels)
    again = read_labels(path)
    assert again.performances == ("a",)
    np.testing.assert_array_equal(again.mean, labels.mean)
    np.testing.assert_array_equal(again.std, labels.std)


def test_shuffled_labels_are_the_same_rows_at_other_performances(table: RatingTable) -> None:
    labels = published(table)
    dealt = shuffled(labels, np.random.default_rng(1))
    assert dealt.performances == labels.performances
    assert sorted(map(tuple, dealt.mean.tolist())) == sorted(map(tuple, labels.mean.tolist()))
    assert abs(np.corrcoef(dealt.mean[:, 0], labels.mean[:, 0])[0, 1]) < 0.1
    np.testing.assert_array_equal(dealt.mean, shuffled(labels, np.random.default_rng(1)).mean)
