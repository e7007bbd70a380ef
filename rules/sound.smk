# From MIDI to sound, many files a job: of any corpus, as results/recordings/rated/renderings.csv asks for the rated one.
from percepiano_core.plan.recordings import (
    RENDERED,
    RENDERED_QUALITY,
    RENDERED_TABLE,
)


rule render:
    input:
        midi=one_line(
            lambda w: list(PLAN.renderings.batch(w.corpus, int(w.batch)).values())
        ),
    output:
        audio=directory(RENDERED),
        table=RENDERED_TABLE,
        quality=RENDERED_QUALITY,
    log:
        "results/logs/render/{corpus}_{batch}.log",
    benchmark:
        "results/benchmarks/render/{corpus}_{batch}.tsv"
    wildcard_constraints:
        corpus="rated|asap|maestro",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        code=code("render_midi.py"),
        deps=dependency_versions("soundfile", "numpy"),
        names=lambda w: list(PLAN.renderings.batch(w.corpus, int(w.batch))),
        root=lambda wildcards: str(PLAN.renderings.root(wildcards.corpus)),
        synthesiser=one_line(lambda wildcards: PLAN.renderings.program),
        font=one_line(lambda wildcards: PLAN.renderings.font),
        settings=PLAN.renderings.settings,
    script:
        "../workflow_scripts/render_midi.py"


rule renderings:
    input:
        one_line(lambda w: PLAN.renderings.tables(w.corpus)),
    output:
        "results/recordings/{corpus}/renderings.csv",
    log:
        "results/logs/renderings/{corpus}.log",
    benchmark:
        "results/benchmarks/renderings/{corpus}.tsv"
    wildcard_constraints:
        corpus="rated|asap|maestro",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("join_renderings.py"),
    script:
        "../workflow_scripts/join_renderings.py"
