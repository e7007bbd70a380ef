# Masked pre-training, on unlabelled performances, of the encoders that models start from; and the notes of such
# performances, which networks of notes can be pre-trained on.
from percepiano_core.plan.pretraining import (
    NOTES as UNLABELLED_NOTES,
    NOTES_OF_BATCH,
    QUALITY_OF_BATCH,
    QUALITY_OF_WORDS,
    RECONSTRUCTION,
    WEIGHTS as PRETRAINED,
    WORDS,
)


rule pretraining_words:
    input:
        midi=one_line(
            lambda wildcards: [each.midi for each in PLAN.pretraining.performances]
        ),
    output:
        words=WORDS,
        quality=QUALITY_OF_WORDS,
    log:
        "results/logs/pretraining_words.log",
    benchmark:
        "results/benchmarks/pretraining_words.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        code=code("gather_words.py"),
        pieces=lambda wildcards: [each.piece for each in PLAN.pretraining.performances],
    script:
        "../workflow_scripts/gather_words.py"


rule unlabelled_notes:
    input:
        midi=lambda w: [each.midi for each in PLAN.pretraining.batch(int(w.batch))],
        scores=lambda wildcards: sorted(
            {each.score for each in PLAN.pretraining.batch(int(wildcards.batch))}
        ),
    output:
        notes=NOTES_OF_BATCH,
        quality=QUALITY_OF_BATCH,
    log:
        "results/logs/unlabelled_notes/{batch}.log",
    benchmark:
        "results/benchmarks/unlabelled_notes/{batch}.tsv"
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("gather_unlabelled_notes.py"),
        deps=dependency_versions("partitura"),
        performances=lambda w: PLAN.pretraining.batch(int(w.batch)),
        compat=config["features"]["compat"],
    script:
        "../workflow_scripts/gather_unlabelled_notes.py"


rule pretraining_notes:
    input:
        notes=lambda wildcards: expand(NOTES_OF_BATCH, batch=PLAN.pretraining.batches),
    output:
        notes=UNLABELLED_NOTES,
    log:
        "results/logs/pretraining_notes.log",
    benchmark:
        "results/benchmarks/pretraining_notes.tsv"
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("join_notes.py"),
    script:
        "../workflow_scripts/join_notes.py"


rule pretrain:
    input:
        unpack(one_line(lambda w: PLAN.pretraining_inputs(w.encoder))),
    output:
        weights=PRETRAINED,
        history=str(Path(PRETRAINED).with_name("history.csv")),
        run=str(Path(PRETRAINED).with_name("run.json")),
    log:
        "results/logs/pretrain/{encoder}.log",
    benchmark:
        "results/benchmarks/pretrain/{encoder}.tsv"
    wildcard_constraints:
        encoder=any_of(PLAN.pretraining.encoders),
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=1440,
        gpu=PLAN.gpus,
    params:
        code=code("pretrain_encoder.py"),
        deps=dependency_versions("torch", "jax"),
        job=lambda w: PLAN.pretraining_parameter(w.encoder),
    script:
        "../workflow_scripts/pretrain_encoder.py"


rule reconstruction:
    input:
        unpack(one_line(lambda w: PLAN.pretraining_inputs(w.encoder))),
        weights=PRETRAINED,
    output:
        report(
            RECONSTRUCTION,
            caption="report/reconstruction.rst",
            category="Training",
        ),
    log:
        "results/logs/reconstruction/{encoder}.log",
    benchmark:
        "results/benchmarks/reconstruction/{encoder}.tsv"
    wildcard_constraints:
        encoder=any_of(PLAN.pretraining.encoders),
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        code=code("draw_reconstruction.py"),
    script:
        "../workflow_scripts/draw_reconstruction.py"
