"""Write one split of the rated performances as a hashed file."""

from percepiano_core.corpus.manifest import read_manifest
from percepiano_core.job import logged
from percepiano_core.ratings.labels import read_labels
from percepiano_core.splits.build import build_split
from percepiano_core.splits.files import write_split
from percepiano_core.splits.groups import read_groups

with logged(snakemake.log[0]):
    rated = set.intersection(*(set(read_labels(path).performances) for path in snakemake.input.labels))
    performances = [each for each in read_manifest(snakemake.input.performances) if each.performance in rated]
    groups = read_groups(snakemake.input.groups)
    split = build_split(snakemake.params.name, performances, groups, snakemake.params.parameters)
    write_split(snakemake.output[0], split)
    print(f"{split.label}: {len(split.folds)} folds, sha256 {split.sha256}")
