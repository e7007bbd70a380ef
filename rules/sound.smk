# From MIDI to sound, many files a job, of any corpus on any of the configured instruments:
# results/recordings/rated/fluidr3/renderings.csv asks for the rated one.
from percepiano_core.plan import attention
from percepiano_core.plan.recordings import (
    RENDERED,
    RENDERED_QUALITY,
    RENDERED_TABLE,
)
from percepiano_core.plan.embeddings import (
    QUALITY as EMBEDDED_QUALITY,
    TABLE as EMBEDDED,
)
from percepiano_core.plan.spectrograms import SHARD, SHARD_QUALITY, STATISTICS


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
        "results/logs/render/{corpus}_{instrument}_{batch}.log",
    benchmark:
        "results/benchmarks/render/{corpus}_{instrument}_{batch}.tsv"
    wildcard_constraints:
        corpus="rated|asap|maestro|unlabelled",
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
        font=one_line(lambda wildcards: PLAN.renderings.font(wildcards.instrument)),
        settings=PLAN.renderings.settings,
    script:
        "../workflow_scripts/render_midi.py"


rule renderings:
    input:
        one_line(lambda w: PLAN.renderings.tables(w.corpus, w.instrument)),
    output:
        "results/recordings/{corpus}/{instrument}/renderings.csv",
    log:
        "results/logs/renderings/{corpus}_{instrument}.log",
    benchmark:
        "results/benchmarks/renderings/{corpus}_{instrument}.tsv"
    wildcard_constraints:
        corpus="rated|asap|maestro|unlabelled",
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


rule cache_mel:
    input:
        unpack(
            one_line(
                lambda w: PLAN.spectrograms.sound(w.corpus, w.instrument, int(w.batch))
            )
        ),
    output:
        shard=SHARD,
        quality=SHARD_QUALITY,
    log:
        "results/logs/mel/{front_end}_{corpus}_{instrument}_{batch}.log",
    benchmark:
        "results/benchmarks/mel/{front_end}_{corpus}_{instrument}_{batch}.tsv"
    wildcard_constraints:
        corpus="rated|asap|maestro|unlabelled",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        code=code("cache_mel.py"),
        deps=dependency_versions("soundfile", "soxr", "numpy", "scipy", "h5py"),
        recorded=lambda w: list(PLAN.spectrograms.recorded(w.instrument, int(w.batch))),
    script:
        "../workflow_scripts/cache_mel.py"


rule summarise_mel:
    input:
        shards=one_line(lambda w: PLAN.spectrograms.shards(w.front_end, w.instrument)),
    output:
        STATISTICS,
    log:
        "results/logs/mel_statistics/{front_end}_{instrument}.log",
    benchmark:
        "results/benchmarks/mel_statistics/{front_end}_{instrument}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=60,
    params:
        code=code("summarise_mel.py"),
    script:
        "../workflow_scripts/summarise_mel.py"


rule embed:
    input:
        unpack(
            one_line(lambda w: PLAN.spectrograms.embedded(w.embedding, w.instrument))
        ),
    output:
        table=EMBEDDED,
        quality=EMBEDDED_QUALITY,
    log:
        "results/logs/embedding/{embedding}_{instrument}.log",
    benchmark:
        "results/benchmarks/embedding/{embedding}_{instrument}.tsv"
    wildcard_constraints:
        embedding=any_of(PLAN.embeddings),
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=PLAN.gpus,
    params:
        code=one_line(lambda w: PLAN.code_of_embedding(w.embedding)),
        module=lambda w: PLAN.embeddings[w.embedding].module,
        settings=lambda w: PLAN.embeddings[w.embedding].settings,
        own=lambda w: list(PLAN.spectrograms.own_vectors(w.embedding)),
    script:
        "../workflow_scripts/embed.py"


rule attention:
    input:
        unpack(lambda w: attention.inputs(PLAN, w.model)),
    output:
        report(
            attention.FIGURE,
            caption="report/attention.rst",
            category="Training",
        ),
    log:
        "results/logs/attention/{model}.log",
    benchmark:
        "results/benchmarks/attention/{model}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        code=code("draw_attention.py"),
        performances=lambda w: attention.attended(PLAN),
        title=lambda w: PLAN.models[w.model].title,
    script:
        "../workflow_scripts/draw_attention.py"
