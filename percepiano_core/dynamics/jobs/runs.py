"""What the jobs of dynamics models share: the recordings of a job, and the input that its model listens to."""

from __future__ import annotations

from percepiano_core.dynamics.examples.examples import Example, read_examples
from percepiano_core.plan.job import Job
from percepiano_core.splits.files import read_split
from percepiano_core.splits.folds import Split

BEATS = "beats"  # among the inputs of a model that is given oracle beats


def input_kind(job: Job) -> str | None:
    """The kind of input that the model listens to; None if it is given oracle beats alone."""
    kinds = [kind for kind in job.run.inputs.split("+") if kind != BEATS]
    return kinds[0] if kinds else None


def read_data(job: Job) -> tuple[list[Example], Split]:
    """The recordings of a job with the input that the model is given, and which of them are in which role."""
    kind = input_kind(job)
    kinds = [] if kind is None else [kind]
    examples = [each for path in job.paths("examples") for each in read_examples(path, kinds)]
    return examples, read_split(str(job.file("folds")))
