"""Examples join manifest, descriptors and ratings, and lose nobody."""

from __future__ import annotations

import numpy as np
import pytest

from percepiano_core.corpus.records import Performance
from percepiano_core.dimensions import DIMENSION_KEYS
from percepiano_core.errors import UserError
from percepiano_core.perception.examples import load_examples


def performance(name):
    return Performance(name, "s", "p", "w", "m", "c", 8, "1", "2", "w/2", 1, False, "x.mid", "x.musicxml")


@pytest.fixture
def tables(tmp_path):
    descriptors, labels = tmp_path / "descriptors.csv", tmp_path / "labels.csv"
    descriptors.write_text("performance,raw_a,aligned_b\nq,1.5,\nr,2,3\n")
    header = ",".join(["performance", "n_raters", *DIMENSION_KEYS])
    labels.write_text("\n".join([header, *(",".join([n, "4", *["0.25"] * 19]) for n in ("r", "q", "lost"))]) + "\n")
    return [descriptors], labels


def test_rows_follow_the_manifest_and_empty_cells_are_missing(tables):
    examples = load_examples([performance("q"), performance("r")], *tables)
    assert examples.performances.tolist() == ["q", "r"]
    assert examples.feature_names == ("raw_a", "aligned_b")
    np.testing.assert_array_equal(examples.features, [[1.5, np.nan], [2, 3]])
    assert examples.labels.shape == (2, 19)
    assert examples.n_raters.tolist() == [4, 4]


def test_a_performance_without_descriptors_is_still_an_example(tables):
    examples = load_examples([performance("lost"), performance("r")], *tables)
    assert np.isnan(examples.features[0]).all()


def test_a_performance_without_ratings_is_none(tables):
    assert len(load_examples([performance("q"), performance("unlabelled")], *tables)) == 1


def test_rows_are_found_by_name_in_the_order_asked(tables):
    examples = load_examples([performance("q"), performance("r")], *tables)
    assert examples.named(["r", "q"]).performances.tolist() == ["r", "q"]
    with pytest.raises(UserError, match="nobody"):
        examples.named(["nobody"])


def test_a_table_without_a_dimension_is_refused_by_name(tables):
    (descriptors,), labels = tables
    labels.write_text(labels.read_text().replace("drama", "comedy"))
    with pytest.raises(UserError, match="drama"):
        load_examples([performance("q")], [descriptors], labels)


def test_a_cell_that_is_not_a_number_is_refused(tables):
    (descriptors,), labels = tables
    descriptors.write_text("performance,raw_a\nq,loud\n")
    with pytest.raises(UserError, match="loud"):
        load_examples([performance("q")], [descriptors], labels)


@pytest.mark.parametrize("order", [1, -1])
def test_each_rating_is_that_of_its_dimension_whatever_the_order_of_the_columns(tables, order):
    _, labels = tables
    values = {"n_raters": "4"} | {key: f"0.{10 + place}" for place, key in enumerate(DIMENSION_KEYS)}
    columns = list(values)[::order]
    labels.write_text(",".join(["performance", *columns]) + "\n" + ",".join(["q", *map(values.get, columns)]) + "\n")
    examples = load_examples([performance("q")], [], labels)
    np.testing.assert_allclose(examples.labels[0], 0.10 + np.arange(19) / 100)
    assert examples.n_raters.tolist() == [4]


def test_each_descriptor_is_that_of_its_name_whatever_the_order_of_the_columns(tables):
    (descriptors,), labels = tables
    descriptors.write_text("aligned_b,performance,raw_a\n,q,1.5\n3,r,2\n")
    examples = load_examples([performance("q"), performance("r")], [descriptors], labels)
    named = dict(zip(examples.feature_names, examples.features.T, strict=True))
    np.testing.assert_array_equal(named["raw_a"], [1.5, 2])
    np.testing.assert_array_equal(named["aligned_b"], [np.nan, 3])
