# From the sound of the rated performances back to MIDI, and to descriptors: what a model of descriptors says of sound.
from percepiano_core.plan.transcriptions import (
    DESCRIBED_QUALITY,
    DESCRIPTORS as TRANSCRIBED,
    DESCRIPTOR_DISTANCES,
    NOTE_DISTANCES,
    MIDI as TRANSCRIBED_MIDI,
    QUALITY as TRANSCRIBED_QUALITY,
)


rule transcribe:
    input:
        unpack(one_line(lambda w: PLAN.transcriptions.sound(int(w.batch)))),
    output:
        midi=directory(TRANSCRIBED_MIDI),
        quality=TRANSCRIBED_QUALITY,
    log:
        "results/logs/transcribe/{batch}.log",
    benchmark:
        "results/benchmarks/transcribe/{batch}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code("transcribe_sound.py"),
        deps=dependency_versions("transkun", "torch"),
        names=lambda w: list(PLAN.transcriptions.batch(int(w.batch))),
        recorded=lambda w: list(PLAN.transcriptions.recorded(int(w.batch))),
        folder=PLAN.transcriptions.block["folder"],
    script:
        "../workflow_scripts/transcribe_sound.py"


rule describe_transcriptions:
    input:
        midi=lambda w: expand(TRANSCRIBED_MIDI, batch=PLAN.transcriptions.batches),
        scores=lambda w: sorted(set(PLAN.transcriptions.scores.values())),
        true=lambda w: list(PLAN.transcriptions.midi.values()),
        descriptors="results/features/descriptors.csv",
    output:
        table=TRANSCRIBED,
        notes=NOTE_DISTANCES,
        descriptors=DESCRIPTOR_DISTANCES,
        quality=DESCRIBED_QUALITY,
    log:
        "results/logs/describe_transcriptions.log",
    benchmark:
        "results/benchmarks/describe_transcriptions.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 2
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        code=code("describe_transcriptions.py"),
        deps=dependency_versions("partitura", "parangonar"),
        scores=lambda w: {n: str(p) for n, p in PLAN.transcriptions.scores.items()},
        midi=lambda w: {n: str(p) for n, p in PLAN.transcriptions.midi.items()},
    script:
        "../workflow_scripts/describe_transcriptions.py"
