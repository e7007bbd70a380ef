# From files to numbers, a segment at a time: alignment (its score parsed once), note-wise features, descriptors.


rule align:
    input:
        score=lambda wildcards: RATED.score_of(wildcards.segment),
        midi=lambda wildcards: RATED.midi_of(wildcards.segment),
    output:
        store="results/alignment/{segment}.h5",
        quality="results/quality/alignment/{segment}.csv",
    log:
        "results/logs/align/{segment}.log",
    benchmark:
        "results/benchmarks/align/{segment}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("align_segment.py"),
        deps=dependency_versions("partitura", "parangonar", "numpy"),
        performances=lambda wildcards: RATED.names_of(wildcards.segment),
        root=lambda w: str(RATED.root),
        settings=config["alignment"],
    script:
        "../workflow_scripts/align_segment.py"


rule features:
    input:
        score=lambda wildcards: RATED.score_of(wildcards.segment),
        alignment="results/alignment/{segment}.h5",
    output:
        store="results/features/{segment}.h5",
        quality="results/quality/features/{segment}.csv",
    log:
        "results/logs/features/{segment}.log",
    benchmark:
        "results/benchmarks/features/{segment}.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("extract_features.py"),
        composer=lambda wildcards: SEGMENTS[wildcards.segment][0].composer,
        root=lambda w: str(RATED.root),
        settings=config["features"],
    script:
        "../workflow_scripts/extract_features.py"


rule descriptors:
    input:
        alignments=expand("results/alignment/{segment}.h5", segment=SEGMENTS),
        performances="results/corpus/performances.csv",
    output:
        table="results/features/descriptors.csv",
        quality="results/quality/descriptors.csv",
    log:
        "results/logs/descriptors.log",
    benchmark:
        "results/benchmarks/descriptors.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 2
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code("describe_performances.py"),
    script:
        "../workflow_scripts/describe_performances.py"


rule notes:
    input:
        features=expand("results/features/{segment}.h5", segment=SEGMENTS),
    output:
        notes="results/notes/notes.h5",
    log:
        "results/logs/notes.log",
    benchmark:
        "results/benchmarks/notes.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code("gather_notes.py"),
    script:
        "../workflow_scripts/gather_notes.py"


rule performed:
    input:
        alignments=expand("results/alignment/{segment}.h5", segment=SEGMENTS),
    output:
        notes="results/notes/performed.h5",
    log:
        "results/logs/performed.log",
    benchmark:
        "results/benchmarks/performed.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("gather_performed.py"),
    script:
        "../workflow_scripts/gather_performed.py"


rule coverage:
    input:
        alignments=expand("results/alignment/{segment}.h5", segment=SEGMENTS),
    output:
        table="results/alignment/coverage.csv",
    log:
        "results/logs/coverage.log",
    benchmark:
        "results/benchmarks/coverage.tsv"
    conda:
        "../envs/workflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code("report_coverage.py"),
    script:
        "../workflow_scripts/report_coverage.py"
