"""Record what the dynamics table was made by: code, libraries, machine, settings, recordings, cost of each stage."""

from pathlib import Path

from percepiano_core.digest import content_digest, dependency_versions
from percepiano_core.job import logged
from percepiano_core.provenance import run_record, stage_costs, write_run_record, write_stage_costs

with logged(snakemake.log[0]):
    params = snakemake.params
    costs = [cost for cost in stage_costs(Path("results/benchmarks")) if cost.stage in params.stages]
    write_stage_costs(snakemake.output.stages, costs)
    record = run_record(params.config_hash, content_digest(snakemake.input.examples))
    libraries = {
        "libraries": {**record["libraries"], **dependency_versions("torch", "ruptures", "librosa", "mir_eval")}
    }
    write_run_record(snakemake.output.run, record | libraries | {"settings": params.settings, "tracks": params.tracks})
