# From run folders to tables, figures, the list of what was wrong with files, and the record of what was run.
from percepiano_core.plan import targets


rule table3:
    input:
        predictions=RATING_RUNS,
        manifest="results/corpus/performances.csv",
        noise="results/ratings/noise.csv",
    output:
        table=report(
            "results/table3.csv", caption="report/table3.rst", category="Table 3"
        ),
        per_dimension=report(
            "results/table3_per_dimension.csv",
            caption="report/table3_per_dimension.rst",
            category="Table 3",
        ),
        folds=report(
            "results/table3_folds.csv",
            caption="report/table3_folds.rst",
            category="Table 3",
        ),
        ablation=report(
            "results/ablation.csv", caption="report/ablation.rst", category="Ablation"
        ),
    log:
        "results/logs/table3.log",
    benchmark:
        "results/benchmarks/table3.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code("make_table3.py"),
        spec=targets.rating_table(PLAN),
        labels=list(PLAN.labels),
        ablations=targets.ablations(PLAN),
    script:
        "../workflow_scripts/make_table3.py"


rule figures:
    input:
        table="results/table3.csv",
        per_dimension="results/table3_per_dimension.csv",
        ablation="results/ablation.csv",
    output:
        table=report(
            "results/figures/table3.svg",
            caption="report/figure_table3.rst",
            category="Table 3",
        ),
        per_dimension=report(
            "results/figures/table3_per_dimension.svg",
            caption="report/figure_per_dimension.rst",
            category="Table 3",
        ),
        ablation=report(
            "results/figures/ablation.svg",
            caption="report/figure_ablation.rst",
            category="Ablation",
        ),
    log:
        "results/logs/figures.log",
    benchmark:
        "results/benchmarks/figures.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("draw_figures.py"),
    script:
        "../workflow_scripts/draw_figures.py"


rule dynamics_table1:
    input:
        predictions=DYNAMICS_RUNS,
        own=PLAN.own.run_files,
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
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code("make_dynamics_table.py"),
        rows=targets.dynamics_rows(PLAN),
        config_digest=PLAN.config_digest,
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
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("draw_dynamics_figure.py"),
    script:
        "../workflow_scripts/draw_dynamics_figure.py"


rule learning_curves:
    input:
        histories=PLAN.histories(),
    output:
        curves=report(
            "results/figures/learning_curves.svg",
            caption="report/learning_curves.rst",
            category="Networks",
        ),
        diagnostics=report(
            "results/figures/learning_diagnostics.svg",
            caption="report/learning_diagnostics.rst",
            category="Networks",
        ),
    log:
        "results/logs/learning_curves.log",
    benchmark:
        "results/benchmarks/learning_curves.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("draw_learning_curves.py"),
        titles=targets.training_titles(PLAN),
        synthetic=RATED.kind == "synthetic",
    script:
        "../workflow_scripts/draw_learning_curves.py"


rule quality:
    input:
        targets.quality_lists(PLAN),
    output:
        report(
            "results/quality/quality.csv",
            caption="report/quality.rst",
            category="Quality",
        ),
    log:
        "results/logs/quality.log",
    benchmark:
        "results/benchmarks/quality.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("collect_quality.py"),
    script:
        "../workflow_scripts/collect_quality.py"


rule provenance:
    input:
        tables=targets.tables(PLAN),
        corpus_hash="results/corpus/corpus.sha256",
    output:
        stages="results/provenance/stages.csv",
        run="results/provenance/run.json",
    log:
        "results/logs/provenance.log",
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("record_provenance.py"),
        config_digest=PLAN.config_digest,
    script:
        "../workflow_scripts/record_provenance.py"
