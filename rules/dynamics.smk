# Recordings that dynamic levels, change points and beats are learned from, a track at a time: T1 real loudness curves of
# MazurkaBL, T2 rendered ASAP, the synthetic corpus; and what is heard in recordings of one's own (T3). A track whose
# corpus is not there is left out. The models of dynamics run as all others do (models.smk).
from percepiano_core.plan.tracks import EXAMPLES, QUALITY as TRACK_QUALITY


rule mazurkabl_examples:
    input:
        beats=lambda w: PLAN.tracks["T1"].root / f"beat_time/{w.piece}beat_time.csv",
        marks=lambda w: PLAN.tracks["T1"].root / f"markings_dyn/{w.piece}markings.csv",
    output:
        store=EXAMPLES["T1"],
        quality=TRACK_QUALITY["T1"],
    log:
        "results/logs/mazurkabl_examples/{piece}.log",
    benchmark:
        "results/benchmarks/mazurkabl_examples/{piece}.tsv"
    wildcard_constraints:
        piece="[^/]+",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("make_mazurkabl_examples.py"),
        root=lambda w: str(PLAN.tracks["T1"].root),
        protocol=config["dynamics"]["protocol"],
    script:
        "../workflow_scripts/make_mazurkabl_examples.py"


rule synthetic_examples:
    input:
        beats=RATED.root / "beats.csv",
        midi=RATED.midi_files,
    output:
        PLAN.track_examples("synthetic"),
    log:
        "results/logs/synthetic_examples.log",
    benchmark:
        "results/benchmarks/synthetic_examples.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("make_synthetic_examples.py"),
        root=lambda w: str(RATED.root),
    script:
        "../workflow_scripts/make_synthetic_examples.py"


rule asap_examples:
    input:
        labels=lambda w: PLAN.renderings.asap_label_files(w.piece),
        audio=lambda w: PLAN.renderings.asap_sound(w.piece, RENDERED),
        tables=lambda w: PLAN.renderings.asap_sound(w.piece, RENDERED_TABLE),
    output:
        store=EXAMPLES["T2"],
        quality=TRACK_QUALITY["T2"],
    log:
        "results/logs/asap_examples/{piece}.log",
    benchmark:
        "results/benchmarks/asap_examples/{piece}.tsv"
    wildcard_constraints:
        piece="[^/]+/[^/]+",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code("make_asap_examples.py"),
        deps=dependency_versions("librosa", "numpy", "scipy"),
        root=lambda w: str(PLAN.renderings.root("asap")),
    script:
        "../workflow_scripts/make_asap_examples.py"


rule dynamics_folds:
    input:
        lambda w: PLAN.track_examples(w.track),
    output:
        "results/dynamics/{track}/folds.json",
    log:
        "results/logs/dynamics_folds/{track}.log",
    benchmark:
        "results/benchmarks/dynamics_folds/{track}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("make_dynamics_folds.py"),
        blocks=lambda w: PLAN.tracks[w.track].blocks,
        folds=config["dynamics"]["folds"],
        leave_out_unreliable=config["dynamics"]["leave_out_unreliable"],
    script:
        "../workflow_scripts/make_dynamics_folds.py"


rule dynamics_listen:
    input:
        weights=one_line(lambda w: PLAN.listener_weights),
        sounds=PLAN.own.sounds,
        annotations=PLAN.own.annotations,
    output:
        heard=directory("results/dynamics/recordings"),
        quality=PLAN.own.quality,
        run=PLAN.own.run_files,
    log:
        "results/logs/dynamics_listen.log",
    benchmark:
        "results/benchmarks/dynamics_listen.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code("listen_to_recordings.py"),
        root=str(PLAN.own.folder),
        job=PLAN.own_parameter,
        protocol=config["dynamics"]["protocol"],
    script:
        "../workflow_scripts/listen_to_recordings.py"
