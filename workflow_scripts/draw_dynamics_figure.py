"""Draw the dynamics table: levels and change points of every model, with intervals."""

import pandas as pd

from percepiano_core.evaluation.dynamics.figure import draw_table1
from percepiano_core.job import logged

with logged(snakemake.log[0]):
    draw_table1(pd.read_csv(snakemake.input.table), snakemake.output[0])
