"""Inputs and labels of the pieces of the synthetic corpus, one example a simulated pianist."""

from pathlib import Path

from percepiano_core.corpus.readers import survey
from percepiano_core.dynamics.examples.examples import write_examples
from percepiano_core.dynamics.examples.synthetic_examples import synthetic_examples
from percepiano_core.job import logged, working_on

with logged(snakemake.log[0]):
    root = Path(snakemake.params.root)
    performances, _ = survey("manifest", root)
    for path in snakemake.output:
        with working_on(Path(path).stem):
            examples = list(synthetic_examples(root, Path(path).stem, performances))
        write_examples(path, examples)
        print(f"{Path(path).stem}: {len(examples)} examples, {sum(each.duration for each in examples):.0f} s")
