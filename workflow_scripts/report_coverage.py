"""How much of each performance and of its score the alignment matched: one row a performance."""

from percepiano_core.evaluation.coverage import coverage_rows, write_coverage
from percepiano_core.job import logged
from percepiano_core.store.alignments import read_segment_alignments

with logged(snakemake.log[0]):
    rows = [row for path in snakemake.input.alignments for row in coverage_rows(read_segment_alignments(path))]
    write_coverage(snakemake.output.table, rows)
    print(f"{len(rows)} performances, mean c {sum(row.c for row in rows) / len(rows):.4f}")
