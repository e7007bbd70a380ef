"""Draw Table 3, its dimensions and the ablation from the written tables."""

import pandas as pd

from percepiano_core.evaluation.ratings.figures import draw_ablation, draw_per_dimension, draw_table3
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    draw_table3(pd.read_csv(snakemake.input.table), snakemake.output.table)
    draw_per_dimension(pd.read_csv(snakemake.input.per_dimension), snakemake.output.per_dimension)
    draw_ablation(pd.read_csv(snakemake.input.ablation), snakemake.output.ablation)
