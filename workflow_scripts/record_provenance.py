"""Record what was run: code, libraries, machine, configuration, corpus, and the cost of each stage."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.provenance import run_record, stage_costs, write_run_record, write_stage_costs

with logged(snakemake.log[0]):
    corpus_hash = Path(snakemake.input.corpus_hash).read_text(encoding="utf-8").strip()
    write_stage_costs(snakemake.output.stages, stage_costs(Path("results/benchmarks")))
    write_run_record(snakemake.output.run, run_record(snakemake.params.config_hash, corpus_hash))
