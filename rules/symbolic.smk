# Models on scores and MIDI: every run ends in a prediction file for the test role, and one for the valid role.


rule fit:
    input:
        unpack(model_inputs),
    output:
        predictions="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/predictions.csv",
        valid="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/valid.csv",
        run="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/run.json",
    log:
        "results/logs/fit/{labels}_{model}_{split}_{folds}_{seed}.log",
    benchmark:
        "results/benchmarks/fit/{labels}_{model}_{split}_{folds}_{seed}.tsv"
    wildcard_constraints:
        model=any_of(set(config["models"]) - {*NETWORKS, *COMBINATIONS}),
    priority: 10
    conda:
        "../envs/workflow.yaml"
    params:
        code=lambda wildcards: model_code(wildcards.model),
        module=lambda wildcards: config["models"][wildcards.model]["module"],
        info=run_info,
    script:
        "../workflow_scripts/fit_model.py"


rule train:
    input:
        unpack(model_inputs),
    output:
        predictions="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/predictions.csv",
        valid="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/valid.csv",
        run="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/run.json",
        history="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/history.csv",
        weights="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/weights.safetensors",
    log:
        "results/logs/train/{labels}_{model}_{split}_{folds}_{seed}.log",
    benchmark:
        "results/benchmarks/train/{labels}_{model}_{split}_{folds}_{seed}.tsv"
    wildcard_constraints:
        model=any_of(NETWORKS),
    # The longest jobs: started before the others, so that they do not run alone at the end.
    priority: 15
    conda:
        "../envs/workflow.yaml"
    resources:
        mem_mb=3000,
        runtime=720,
    params:
        code=lambda wildcards: model_code(wildcards.model),
        module=lambda wildcards: config["models"][wildcards.model]["module"],
        info=run_info,
    script:
        "../workflow_scripts/train_network.py"


rule combine:
    input:
        unpack(member_inputs),
    output:
        predictions="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/predictions.csv",
        valid="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/valid.csv",
        run="results/runs/{labels}/{model}/{split}/folds_{folds}/seed{seed}/run.json",
    log:
        "results/logs/combine/{labels}_{model}_{split}_{folds}_{seed}.log",
    benchmark:
        "results/benchmarks/combine/{labels}_{model}_{split}_{folds}_{seed}.tsv"
    wildcard_constraints:
        model=any_of(COMBINATIONS),
    conda:
        "../envs/workflow.yaml"
    params:
        code=lambda wildcards: model_code(wildcards.model),
        module=lambda wildcards: config["models"][wildcards.model]["module"],
        info=run_info,
    script:
        "../workflow_scripts/combine_models.py"
