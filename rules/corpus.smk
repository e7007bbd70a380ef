# The corpus as tables: performances, manifest, labels, reliability, splits and what leaks across them.


rule performances:
    output:
        table="results/corpus/performances.csv",
        quality="results/quality/corpus.csv",
    log:
        "results/logs/performances.log",
    benchmark:
        "results/benchmarks/performances.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("list_performances.py"),
        listing=PLAN.listing_digest,
        reader=RATED.reader,
        root=lambda w: str(RATED.root),
    script:
        "../workflow_scripts/list_performances.py"


rule manifest:
    input:
        midi=RATED.midi_files,
        scores=RATED.score_files,
        ratings=RATED.ratings,
    output:
        table="results/corpus/manifest.csv",
        content="results/corpus/content.csv",
        irregularities="results/corpus/irregularities.csv",
        corpus_hash="results/corpus/corpus.sha256",
    log:
        "results/logs/manifest.log",
    benchmark:
        "results/benchmarks/manifest.tsv"
    # First, since Snakemake looks at all files of every waiting job before each start.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("write_manifest.py"),
        listing=PLAN.listing_digest,
        reader=RATED.reader,
        root=lambda w: str(RATED.root),
    script:
        "../workflow_scripts/write_manifest.py"


rule labels:
    input:
        ratings=RATED.ratings,
        performances="results/corpus/performances.csv",
    output:
        table="results/ratings/labels_{labels}.csv",
        quality="results/quality/ratings_{labels}.csv",
    log:
        "results/logs/labels/{labels}.log",
    benchmark:
        "results/benchmarks/labels/{labels}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("derive_labels.py"),
        derivation=lambda wildcards: PLAN.labels[wildcards.labels],
        shuffle_seed=config["ratings"]["shuffle_seed"],
    script:
        "../workflow_scripts/derive_labels.py"


rule reliability:
    input:
        ratings=RATED.ratings,
        performances="results/corpus/performances.csv",
        fixed_test=[
            f"results/splits/{split}.json"
            for split in PLAN.rating_splits
            if split == "performer"
        ],
    output:
        table="results/ratings/reliability.csv",
        raters="results/ratings/raters.csv",
        noise="results/ratings/noise.csv",
        figure=report(
            "results/figures/reliability.svg",
            caption="report/reliability.rst",
            category="Ratings",
        ),
    log:
        "results/logs/reliability.log",
    benchmark:
        "results/benchmarks/reliability.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("measure_reliability.py"),
        kind=RATED.kind,
        derivation=config["ratings"]["labels"][0],
        seed=config["bootstrap"]["seed"],
    script:
        "../workflow_scripts/measure_reliability.py"


rule text_groups:
    input:
        [RATED.score_of(segment) for segment in SEGMENTS],
    output:
        table="results/splits/groups.csv",
    log:
        "results/logs/text_groups.log",
    benchmark:
        "results/benchmarks/text_groups.tsv"
    # First, since Snakemake looks at all files of every waiting job before each start.
    priority: 20
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code("group_texts.py"),
        works={segment: SEGMENTS[segment][0].work for segment in SEGMENTS},
        threshold=config["splits"]["group_threshold"],
    script:
        "../workflow_scripts/group_texts.py"


rule split:
    input:
        performances="results/corpus/performances.csv",
        labels=expand("results/ratings/labels_{labels}.csv", labels=PLAN.labels),
        groups="results/splits/groups.csv",
    output:
        "results/splits/{split}.json",
    log:
        "results/logs/split/{split}.log",
    benchmark:
        "results/benchmarks/split/{split}.tsv"
    wildcard_constraints:
        split=any_of(PLAN.rating_splits),
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code("make_split.py"),
        name=lambda wildcards: PLAN.splits[wildcards.split].name,
        parameters=lambda wildcards: PLAN.splits[wildcards.split].parameters,
    script:
        "../workflow_scripts/make_split.py"


rule leakage:
    input:
        splits=expand("results/splits/{split}.json", split=PLAN.rating_splits),
        manifest="results/corpus/manifest.csv",
        groups="results/splits/groups.csv",
    output:
        table="results/splits/leakage.csv",
        figure=report(
            "results/figures/leakage.svg",
            caption="report/leakage.rst",
            category="Splits",
        ),
    log:
        "results/logs/leakage.log",
    benchmark:
        "results/benchmarks/leakage.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code("check_leakage.py"),
        title=f"Splits of the {RATED.kind} corpus, and what leaks across them",
    script:
        "../workflow_scripts/check_leakage.py"
