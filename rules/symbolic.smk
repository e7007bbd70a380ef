# Models on scores and MIDI: every run ends in one prediction file.


rule fit:
    input:
        unpack(model_inputs),
    output:
        predictions="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/predictions.csv",
        run="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/run.json",
    log:
        "results/logs/fit/{labels}_{model}_{split}_{folds}_{seed}.log",
    benchmark:
        "results/benchmarks/fit/{labels}_{model}_{split}_{folds}_{seed}.tsv"
    priority: 10
    conda:
        "../envs/workflow.yaml"
    params:
        code=lambda wildcards: model_code(wildcards.model),
        module=lambda wildcards: config["models"][wildcards.model]["module"],
        features=lambda wildcards: config["models"][wildcards.model]["features"],
        settings=lambda wildcards: config["models"][wildcards.model]["settings"],
        config_hash=lambda wildcards: run_digest(wildcards.model, wildcards.split),
    script:
        "../workflow_scripts/fit_model.py"
