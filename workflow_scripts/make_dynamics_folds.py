"""Deal the recordings of a track into folds by the blocks of their pieces."""

from percepiano_core.dynamics.examples.examples import read_examples
from percepiano_core.job import logged
from percepiano_core.splits.files import write_split
from percepiano_core.splits.piece_folds import make_split

with logged(snakemake.log[0]):
    params = snakemake.params
    examples = [example for path in snakemake.input for example in read_examples(path, [])]
    split = make_split(snakemake.wildcards.track, examples, params.blocks, params.folds, params.leave_out_unreliable)
    write_split(snakemake.output[0], split)
    for name, fold in split.folds.items():
        print(f"fold {name}: train {len(fold.train)}, valid {len(fold.valid)}, test {len(fold.test)} recordings")
