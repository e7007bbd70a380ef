# From prediction files to tables, figures and the record of what was run.


rule table3:
    input:
        predictions=predictions(),
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
    params:
        code=code("make_table3.py"),
        spec=table_spec(),
        labels=LABELS,
        ablations=config["ablations"],
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
    params:
        code=code("draw_figures.py"),
    script:
        "../workflow_scripts/draw_figures.py"


if training_histories():
    FIGURES += [
        "results/figures/learning_curves.svg",
        "results/figures/learning_diagnostics.svg",
    ]


rule learning_curves:
    input:
        histories=training_histories(),
        runs=[
            history.replace("history.csv", "run.json")
            for history in training_histories()
        ],
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
    params:
        code=code("draw_learning_curves.py"),
        titles={model: config["models"][model]["title"] for model in NETWORKS},
        synthetic=config["corpus"]["kind"] == "synthetic",
    script:
        "../workflow_scripts/draw_learning_curves.py"


rule quality:
    input:
        corpus="results/quality/corpus.csv",
        ratings=expand("results/quality/ratings_{labels}.csv", labels=LABELS),
        alignment=expand("results/quality/alignment/{segment}.csv", segment=SEGMENTS),
        features=expand("results/quality/features/{segment}.csv", segment=SEGMENTS),
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
    params:
        code=code("collect_quality.py"),
    script:
        "../workflow_scripts/collect_quality.py"


rule provenance:
    input:
        table="results/table3.csv",
        corpus_hash="results/corpus/corpus.sha256",
    output:
        stages="results/provenance/stages.csv",
        run="results/provenance/run.json",
    log:
        "results/logs/provenance.log",
    conda:
        "../envs/workflow.yaml"
    params:
        code=code("record_provenance.py"),
        config_hash=block_digest(config),
    script:
        "../workflow_scripts/record_provenance.py"
