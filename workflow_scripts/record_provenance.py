"""Record what was run: code, libraries, machine, configuration, corpus, tables, and the cost of each stage."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.provenance import run_record, stage_costs, write_run_record, write_stage_costs

with logged(snakemake.log[0]):
    given, outputs = snakemake.input, snakemake.output
    corpus_hash = Path(given.corpus_hash).read_text(encoding="utf-8").strip()
    write_stage_costs(outputs.stages, stage_costs(Path("results/benchmarks")))
    write_run_record(outputs.run, run_record(snakemake.params.config_digest, corpus_hash, given.tables))
