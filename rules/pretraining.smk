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


rule pretraining_notes:
    input:
        midi=lambda wildcards: [each.midi for each in unrated_with_scores()],
        scores=lambda wildcards: sorted({each.score for each in unrated_with_scores()}),
    output:
        notes=UNRATED_NOTES,
    log:
        "results/logs/pretraining_notes.log",
    benchmark:
        "results/benchmarks/pretraining_notes.tsv"
    # Models wait for it.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 4
    resources:
        mem_mb=6000,
        runtime=180,
    params:
        code=code("gather_unrated_notes.py"),
        deps=dependency_versions("partitura"),
        performances=lambda wildcards: unrated_with_scores(),
        compat=config["features"]["compat"],
    script:
        "../workflow_scripts/gather_unrated_notes.py"


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
