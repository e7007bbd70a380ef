# Models of all systems. A job fits or combines a model on all folds of a split, or trains it on one; every fold and seed
# leaves a run folder. What a model is given, and what its job depends on, its entry in the configuration says.


def inputs_on(split):
    """What a model's job on a split reads."""
    return one_line(lambda w: PLAN.run_inputs(w.model, w.data, split))


def parameter_on(split):
    """What is recorded of a model's job on a split."""
    return lambda w: PLAN.run_parameter(w.model, w.data, split, w.seed)


def outputs_of(kind, problem, **parts):
    """Name of an output -> its file, one of each fold where folds are named; the other parts stay wildcards."""
    folder = RUN_FOLDER.replace("{system}", parts["system"])
    named = {key: value for key, value in parts.items() if key != "system"}
    files = PLAN.run_files(problem, kind).items()
    return {
        name: expand(f"{folder}/{file}", **named, allow_missing=True)
        for name, file in files
    }


# Fits come before averages, which wait for them.
for KIND, PRIORITY in (("fit", 10), ("combine", 0)):

    for SYSTEM, PROBLEM, MODELS in PLAN.systems(KIND):

        for SPLIT in PLAN.splits_of_problems[PROBLEM]:

            rule:
                name:
                    f"{KIND}_{SYSTEM}_{SPLIT.label}"
                input:
                    unpack(inputs_on(SPLIT.label)),
                output:
                    **outputs_of(
                        KIND,
                        PROBLEM,
                        system=SYSTEM,
                        split=SPLIT.label,
                        fold=SPLIT.folds,
                    ),
                log:
                    f"results/logs/{KIND}/{SYSTEM}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.log",
                benchmark:
                    f"results/benchmarks/{KIND}/{SYSTEM}_{{data}}_{{model}}_{SPLIT.label}_{{seed}}.tsv"
                wildcard_constraints:
                    model=any_of(MODELS),
                priority: PRIORITY
                conda:
                    "../envs/workflow.yaml"
                threads: 1
                resources:
                    mem_mb=3000,
                    runtime=120,
                params:
                    job=parameter_on(SPLIT.label),
                    kind=KIND,
                    problem=PROBLEM,
                    code=code("run_model.py"),
                script:
                    "../workflow_scripts/run_model.py"


for SYSTEM, PROBLEM, MODELS in PLAN.systems("train"):

    rule:
        name:
            f"train_{SYSTEM}"
        input:
            unpack(one_line(lambda w: PLAN.run_inputs(w.model, w.data, w.split))),
        output:
            **outputs_of("train", PROBLEM, system=SYSTEM),
        log:
            f"results/logs/train/{SYSTEM}_{{data}}_{{model}}_{{split}}_{{fold}}_{{seed}}.log",
        benchmark:
            f"results/benchmarks/train/{SYSTEM}_{{data}}_{{model}}_{{split}}_{{fold}}_{{seed}}.tsv"
        wildcard_constraints:
            model=any_of(MODELS),
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
