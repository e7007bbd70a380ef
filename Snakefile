# From scores, performances and ratings to results/table3.csv. Targets:
#   snakemake --cores 8 results/table3.csv            ratings, and what they stand on
#   snakemake --cores 8 results/dynamics/table1.csv   dynamics and beats
#   snakemake --cores 8                               tables, figures, quality list
from snakemake.utils import min_version

min_version("9.27")


configfile: Path(str(workflow.current_basedir)) / "config.yaml"


report: "rules/report/workflow.rst"


include: "rules/common.smk"
include: "rules/corpus.smk"
include: "rules/features.smk"
include: "rules/sound.smk"
include: "rules/transcription.smk"
include: "rules/pretraining.smk"
include: "rules/dynamics.smk"
include: "rules/models.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        targets.tables(PLAN),
        targets.figures(PLAN),
        targets.heard(PLAN),
        "results/alignment/coverage.csv",
        "results/quality/quality.csv",
        "results/provenance/stages.csv",


# The jobs plan again, each in a process of its own: keep for them what was read of the code.
if workflow.is_main_process:
    for name in PLAN.models:
        PLAN.code_of(name)
    SOURCES.save(READ_CODE)
