# Dynamic levels, change points and beats, a track at a time: T1 real loudness curves of MazurkaBL, T2 rendered ASAP,
# T3 recordings of one's own. A track whose corpus is not there is left out of results/dynamics/table1.csv.


rule mazurkabl_examples:
    input:
        beats=lambda wildcards: mazurkabl_root()
        / f"beat_time/{wildcards.mazurka}beat_time.csv",
        marks=lambda wildcards: mazurkabl_root()
        / f"markings_dyn/{wildcards.mazurka}markings.csv",
    output:
        store=MAZURKABL_EXAMPLES,
        quality=MAZURKABL_QUALITY,
    log:
        "results/logs/mazurkabl_examples/{mazurka}.log",
    benchmark:
        "results/benchmarks/mazurkabl_examples/{mazurka}.tsv"
    wildcard_constraints:
        mazurka=any_of(mazurkabl_pieces()),
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("make_mazurkabl_examples.py"),
        root=lambda wildcards: str(mazurkabl_root()),
        protocol=config["dynamics"]["protocol"],
    script:
        "../workflow_scripts/make_mazurkabl_examples.py"


rule synthetic_examples:
    input:
        beats=ROOT / "beats.csv",
        midi=[ROOT / each.midi for each in PERFORMANCES],
    output:
        [SYNTHETIC_EXAMPLES.format(piece=piece) for piece in synthetic_pieces()],
    log:
        "results/logs/synthetic_examples.log",
    benchmark:
        "results/benchmarks/synthetic_examples.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("make_synthetic_examples.py"),
        root=lambda wildcards: str(ROOT),
    script:
        "../workflow_scripts/make_synthetic_examples.py"


rule dynamics_folds:
    input:
        track_examples,
    output:
        "results/dynamics/{track}/folds.json",
    log:
        "results/logs/dynamics_folds/{track}.log",
    benchmark:
        "results/benchmarks/dynamics_folds/{track}.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("make_dynamics_folds.py"),
        blocks=lambda wildcards: track_blocks(wildcards.track),
        folds=config["dynamics"]["folds"],
        leave_out_unreliable=config["dynamics"]["leave_out_unreliable"],
    script:
        "../workflow_scripts/make_dynamics_folds.py"


rule dynamics_fit:
    input:
        examples=track_examples,
        folds="results/dynamics/{track}/folds.json",
    output:
        run_outputs(config["dynamics"]["folds"]),
    log:
        "results/logs/dynamics_fit/{track}_{model}.log",
    benchmark:
        "results/benchmarks/dynamics_fit/{track}_{model}.tsv"
    wildcard_constraints:
        model=any_of(
            name
            for name in config["dynamics"]["models"]
            if dynamics_script(name) == "fit_dynamics_model.py"
        ),
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=3000,
    params:
        code=dynamics_code,
        deps=dependency_versions("scikit-learn", "ruptures", "librosa"),
        module=lambda wildcards: config["dynamics"]["models"][wildcards.model]["module"],
        settings=lambda wildcards: dynamics_settings(wildcards.model),
        info=dynamics_info,
        seed=config["dynamics"]["seed"],
        folder=f"{DYNAMICS_RUNS}/{{model}}",
    script:
        "../workflow_scripts/fit_dynamics_model.py"


rule dynamics_train:
    input:
        examples=track_examples,
        folds="results/dynamics/{track}/folds.json",
    output:
        run_outputs(),
        history=f"{DYNAMICS_RUNS}/{{model}}/fold{{fold}}/history.csv",
        weights=f"{DYNAMICS_RUNS}/{{model}}/fold{{fold}}/weights.safetensors",
    log:
        "results/logs/dynamics_train/{track}_{model}_{fold}.log",
    benchmark:
        "results/benchmarks/dynamics_train/{track}_{model}_{fold}.tsv"
    wildcard_constraints:
        model=any_of(
            name
            for name in config["dynamics"]["models"]
            if dynamics_script(name) == "train_dynamics_network.py"
        ),
    # The longest jobs: started before the others.
    priority: 15
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=5000,
        runtime=1440,
    params:
        code=dynamics_code,
        deps=dependency_versions("torch"),
        settings=lambda wildcards: dynamics_settings(wildcards.model),
        info=dynamics_info,
        seed=config["dynamics"]["seed"],
    script:
        "../workflow_scripts/train_dynamics_network.py"


rule dynamics_combine:
    input:
        dynamics_members,
    output:
        run_outputs(config["dynamics"]["folds"]),
    log:
        "results/logs/dynamics_combine/{track}_{model}.log",
    benchmark:
        "results/benchmarks/dynamics_combine/{track}_{model}.tsv"
    wildcard_constraints:
        model=any_of(
            name
            for name in config["dynamics"]["models"]
            if dynamics_script(name) == "combine_dynamics_models.py"
        ),
    conda:
        "../envs/workflow.yaml"
    params:
        code=dynamics_code,
        settings=lambda wildcards: dynamics_settings(wildcards.model),
        info=dynamics_info,
        folds=config["dynamics"]["folds"],
        runs=DYNAMICS_RUNS,
    script:
        "../workflow_scripts/combine_dynamics_models.py"


rule dynamics_listen:
    input:
        weights=listener_weights,
        sounds=own_sounds(),
        annotations=own_annotations(),
    output:
        heard=directory("results/dynamics/recordings"),
        quality=OWN_QUALITY,
        run=own_run(),
    log:
        "results/logs/dynamics_listen.log",
    benchmark:
        "results/benchmarks/dynamics_listen.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("listen_to_recordings.py"),
        root=str(own_recordings()),
        protocol=config["dynamics"]["protocol"],
        info={"track": "T3", "model": "listener"},
        folder="results/dynamics/T3/runs/listener/fold0",
    script:
        "../workflow_scripts/listen_to_recordings.py"


rule dynamics_table1:
    input:
        [
            path
            for track in TRACKS
            for path in dynamics_runs(track, dynamics_models(track))
        ],
        own_run(),
    output:
        table=report(
            "results/dynamics/table1.csv",
            caption="report/dynamics_table1.rst",
            category="Dynamics",
        ),
        folds=report(
            "results/dynamics/table1_folds.csv",
            caption="report/dynamics_table1.rst",
            category="Dynamics",
        ),
    log:
        "results/logs/dynamics_table1.log",
    benchmark:
        "results/benchmarks/dynamics_table1.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("make_dynamics_table.py"),
        models=dynamics_rows() | own_rows(),
        folds={model: model_folds(model) for model in config["dynamics"]["models"]}
        | {"listener": [0]},
        replicates=config["bootstrap"]["resamples"],
        seed=config["bootstrap"]["seed"],
    script:
        "../workflow_scripts/make_dynamics_table.py"


rule dynamics_figure:
    input:
        table="results/dynamics/table1.csv",
    output:
        report(
            "results/figures/dynamics_table1.svg",
            caption="report/figure_dynamics.rst",
            category="Dynamics",
        ),
    log:
        "results/logs/dynamics_figure.log",
    benchmark:
        "results/benchmarks/dynamics_figure.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("draw_dynamics_figure.py"),
    script:
        "../workflow_scripts/draw_dynamics_figure.py"


rule dynamics_quality:
    input:
        quality_lists(),
    output:
        report(
            "results/quality/dynamics.csv",
            caption="report/dynamics_quality.rst",
            category="Quality",
        ),
    log:
        "results/logs/dynamics_quality.log",
    benchmark:
        "results/benchmarks/dynamics_quality.tsv"
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("collect_quality.py"),
    script:
        "../workflow_scripts/collect_quality.py"


rule dynamics_provenance:
    input:
        table="results/dynamics/table1.csv",
        quality="results/quality/dynamics.csv",
        examples=[path for track in TRACKS for path in examples_of(track)],
    output:
        stages="results/dynamics/provenance/stages.csv",
        run="results/dynamics/provenance/run.json",
    log:
        "results/logs/dynamics_provenance.log",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("record_dynamics_provenance.py"),
        config_hash=block_digest(config["dynamics"]),
        settings=config["dynamics"],
        tracks=TRACKS,
        stages=[
            "render",
            "asap_examples",
            "mazurkabl_examples",
            "synthetic_examples",
            "dynamics_folds",
            "dynamics_fit",
            "dynamics_train",
            "dynamics_combine",
            "dynamics_listen",
            "dynamics_table1",
            "dynamics_figure",
            "dynamics_quality",
        ],
    script:
        "../workflow_scripts/record_dynamics_provenance.py"
