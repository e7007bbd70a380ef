"""Inputs and labels of the recordings of one mazurka; what cannot be read is listed, the rest goes on."""

from percepiano_core.dynamics.examples.examples import Example, write_examples
from percepiano_core.dynamics.examples.mazurkabl_examples import mazurka_examples
from percepiano_core.job import logged
from percepiano_core.quality import from_error, write_quality

with logged(snakemake.log[0]):
    params, mazurka = snakemake.params, snakemake.wildcards.piece
    found = list(mazurka_examples(params.root, mazurka, params.protocol))
    examples = [each for each in found if isinstance(each, Example)]
    unusable = [
        from_error("dynamics", mazurka, each, "is not used", params.root)
        for each in found
        if not isinstance(each, Example)
    ]
    write_examples(snakemake.output.store, examples)
    write_quality(snakemake.output.quality, unusable)
    print(f"{len(examples)} recordings of {mazurka}, {len(unusable)} unusable")
