"""The table of descriptors keeps values, order and gaps."""

from __future__ import annotations

from percepiano_core.features.descriptors.table import in_set, write_descriptors


def test_rows_are_sorted_and_gaps_are_empty(tmp_path):
    rows = {"b": in_set("raw", {"x": 1.25, "y": float("nan")}), "a": in_set("raw", {"x": 2.0})}
    write_descriptors(tmp_path / "d.csv", rows)
    assert (tmp_path / "d.csv").read_text() == "performance,raw_x,raw_y\na,2,\nb,1.25,\n"


def test_the_order_of_rows_given_does_not_matter(tmp_path):
    rows = {"a": {"raw_x": 1 / 3}, "b": {"raw_x": 2.0}}
    write_descriptors(tmp_path / "1.csv", rows)
    write_descriptors(tmp_path / "2.csv", dict(reversed(rows.items())))
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()
