# Masked pre-training of the encoder that MidiBERT-style models start from: on performances without ratings.


rule pretraining_words:
    input:
        midi=lambda wildcards: [each.midi for each in unrated_performances()],
    output:
        words="results/pretrained/words.h5",
    log:
        "results/logs/pretraining_words.log",
    benchmark:
        "results/benchmarks/pretraining_words.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("gather_words.py"),
        pieces=lambda wildcards: [each.piece for each in unrated_performances()],
    script:
        "../workflow_scripts/gather_words.py"


rule unrated_notes:
    input:
        midi=lambda wildcards: [each.midi for each in unrated_batch(wildcards)],
        scores=lambda wildcards: sorted(
            {each.score for each in unrated_batch(wildcards)}
        ),
    output:
        notes=UNRATED_PART,
        quality=UNRATED_QUALITY,
    log:
        "results/logs/unrated_notes/{batch}.log",
    benchmark:
        "results/benchmarks/unrated_notes/{batch}.tsv"
    wildcard_constraints:
        batch="[0-9]+",
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("gather_unrated_notes.py"),
        deps=dependency_versions("partitura"),
        performances=unrated_batch,
        compat=config["features"]["compat"],
    script:
        "../workflow_scripts/gather_unrated_notes.py"


rule pretraining_notes:
    input:
        notes=lambda wildcards: expand(UNRATED_PART, batch=unrated_batches()),
        quality=lambda wildcards: expand(UNRATED_QUALITY, batch=unrated_batches()),
    output:
        notes=UNRATED_NOTES,
        quality="results/quality/pretraining.csv",
    log:
        "results/logs/pretraining_notes.log",
    benchmark:
        "results/benchmarks/pretraining_notes.tsv"
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=4000,
    params:
        code=code("join_notes.py"),
    script:
        "../workflow_scripts/join_notes.py"


rule pretrain:
    input:
        words="results/pretrained/words.h5",
    output:
        weights=PRETRAINED,
        history="results/pretrained/midibert_{size}.csv",
    log:
        "results/logs/pretrain/{size}.log",
    benchmark:
        "results/benchmarks/pretrain/{size}.tsv"
    wildcard_constraints:
        size="[a-z]+",
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=3000,
        runtime=1440,
    params:
        code=code("pretrain_encoder.py"),
        deps=dependency_versions("torch"),
        plan=config["pretraining"]["plan"],
        seed=config["pretraining"]["seed"],
    script:
        "../workflow_scripts/pretrain_encoder.py"
