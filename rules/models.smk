# Models of all systems. A job fits or combines a model on all folds of a split, or trains it on one; every fold and seed
# leaves a run folder. What a model is given, and what its job depends on, its entry in the configuration says.


def inputs_on(split):
    """What a model's job on a split reads."""
    return one_line(lambda w: PLAN.run_inputs(w.model, w.data, split))


def parameter_on(split):
    """What is recorded of a model's job on a split."""
    return lambda w: PLAN.run_parameter(w.model, w.data, split, w.seed)


def outputs_of(kind, problem, split, folds):
    """Name of an output -> the files of all folds."""
    return {
        name: expand(
            f"{RUN_FOLDER}/{file}", split=split, fold=folds, allow_missing=True
        )
        for name, file in PLAN.run_files(problem, kind).items()
    }


for PROBLEM, SPLITS in PLAN.splits_of_problems.items():

    for SPLIT in SPLITS:

        rule:
            name:
                f"fit_{SPLIT.label}"
            input:
                unpack(inputs_on(SPLIT.label)),
            output:
                **outputs_of("fit", PROBLEM, SPLIT.label, SPLIT.folds),
            log:
                f"results/logs/fit/{{system}}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.log",
            benchmark:
                f"results/benchmarks/fit/{{system}}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.tsv"
            wildcard_constraints:
                model=any_of(PLAN.names(PROBLEM, "fit")),
            priority: 10
            conda:
                "../envs/workflow.yaml"
            threads: 1
            resources:
                mem_mb=3000,
                runtime=120,
            params:
                job=parameter_on(SPLIT.label),
                kind="fit",
                problem=PROBLEM,
                code=code("run_model.py"),
            script:
                "../workflow_scripts/run_model.py"

        rule:
            name:
                f"combine_{SPLIT.label}"
            input:
                unpack(inputs_on(SPLIT.label)),
            output:
                **outputs_of("combine", PROBLEM, SPLIT.label, SPLIT.folds),
            log:
                f"results/logs/combine/{{system}}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.log",
            benchmark:
                f"results/benchmarks/combine/{{system}}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.tsv"
            wildcard_constraints:
                model=any_of(PLAN.names(PROBLEM, "combine")),
            conda:
                "../envs/workflow.yaml"
            threads: 1
            resources:
                mem_mb=3000,
                runtime=60,
            params:
                job=parameter_on(SPLIT.label),
                kind="combine",
                problem=PROBLEM,
                code=code("run_model.py"),
            script:
                "../workflow_scripts/run_model.py"

    rule:
        name:
            f"train_{PROBLEM}"
        input:
            unpack(one_line(lambda w: PLAN.run_inputs(w.model, w.data, w.split))),
        output:
            **{
                name: f"{RUN_FOLDER}/{file}"
                for name, file in PLAN.run_files(PROBLEM, "train").items()
            },
        log:
            "results/logs/train/{system}_{data}_{model}_{split}_{fold}_{seed}.log",
        benchmark:
            "results/benchmarks/train/{system}_{data}_{model}_{split}_{fold}_{seed}.tsv"
        wildcard_constraints:
            model=any_of(PLAN.names(PROBLEM, "train")),
        # The longest jobs: started before the others, so that they do not run alone at the end.
        priority: 15
        conda:
            "../envs/workflow.yaml"
        threads: 1
        resources:
            mem_mb=5000,
            runtime=1440,
            gpu=PLAN.gpus,
        params:
            job=lambda w: PLAN.run_parameter(w.model, w.data, w.split, w.seed),
            kind="train",
            problem=PROBLEM,
            code=code("run_model.py"),
        script:
            "../workflow_scripts/run_model.py"
