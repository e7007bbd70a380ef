# From MIDI to sound, many files a job, and from sound to what the dynamics networks are given.


rule render:
    input:
        midi=lambda wildcards: list(render_batch(wildcards).values()),
    output:
        audio=directory(f"{RENDERINGS}/audio/{{batch}}"),
        table=f"{RENDERINGS}/batch_{{batch}}.csv",
        quality=RENDERING_QUALITY,
    log:
        "results/logs/render/{corpus}_{batch}.log",
    benchmark:
        "results/benchmarks/render/{corpus}_{batch}.tsv"
    wildcard_constraints:
        corpus="asap",
        batch="[0-9]+",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("render_midi.py"),
        deps=dependency_versions("soundfile", "numpy"),
        names=lambda wildcards: list(render_batch(wildcards)),
        root=lambda wildcards: str(asap_root()),
        synthesiser=lambda wildcards: synthesiser(),
        font=lambda wildcards: sound_font(),
        settings={
            key: config["rendering"][key]
            for key in ("sample_rate", "gain", "polyphony", "tail_seconds")
        },
    script:
        "../workflow_scripts/render_midi.py"


rule asap_examples:
    input:
        labels=labelled_files,
        audio=lambda wildcards: expand(
            f"{RENDERINGS}/audio/{{batch}}",
            corpus="asap",
            batch=batches_of("asap", performances_of(wildcards.piece)),
        ),
        tables=lambda wildcards: expand(
            f"{RENDERINGS}/batch_{{batch}}.csv",
            corpus="asap",
            batch=batches_of("asap", performances_of(wildcards.piece)),
        ),
    output:
        store=ASAP_EXAMPLES,
        quality=ASAP_QUALITY,
    log:
        "results/logs/asap_examples/{piece}.log",
    benchmark:
        "results/benchmarks/asap_examples/{piece}.tsv"
    wildcard_constraints:
        piece="[^/]+/[^/]+",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("make_asap_examples.py"),
        deps=dependency_versions("torch", "librosa", "numpy"),
        root=lambda wildcards: str(asap_root()),
    script:
        "../workflow_scripts/make_asap_examples.py"
