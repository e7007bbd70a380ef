# From scores, performances and ratings to results/table3.csv. Targets:
#   snakemake --cores 8 results/table3.csv   the table, and what it stands on
#   snakemake --cores 8                      tables, figures, quality lists
from snakemake.utils import min_version

min_version("9.27")


configfile: Path(workflow.basedir) / "config.yaml"


report: "rules/report/workflow.rst"


include: "rules/common.smk"
include: "rules/corpus.smk"
include: "rules/features.smk"
include: "rules/symbolic.smk"
include: "rules/common_recordings.smk"
include: "rules/recordings.smk"
include: "rules/common_pretraining.smk"
include: "rules/pretraining.smk"
include: "rules/common_dynamics.smk"
include: "rules/dynamics.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        TABLES,
        DYNAMICS_TABLES,
        FIGURES,
        "results/alignment/coverage.csv",
        "results/quality/quality.csv",
        "results/provenance/stages.csv",
