"""`percepiano where`: the table of a finished run in short, and where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from percepiano_core.errors import UserError
from percepiano_core.table_io import read_rows

COLUMNS = ("split", "model", "labels", "r2", "status")
MODEL_WIDTH, SPLIT_WIDTH = 22, 6  # characters at least: a few words of a title a line, a score on one line
PLACES = {
    "table": "results/table3.csv",
    "dimensions": "results/table3_per_dimension.csv",
    "figures": "results/figures",
    "report": "results/report.html",
    "quality": "results/quality/quality.csv",
}


def where(
    folder: Annotated[Path, typer.Argument(help="Folder of the run: the one that holds results/.")] = Path(),
) -> None:
    """Show the table of a finished run in short, and where its table, figures and report lie."""
    path = folder / PLACES["table"]
    if not path.is_file():
        raise UserError(path, "no table here", "run the workflow first: make demo, or make table3")
    rows = [row for row in read_rows(path, COLUMNS, "make it again: make table3") if row["status"] != "not run"]
    console = Console()
    console.print(
        _summary(rows, f"R2 of each model on each split ({', '.join(sorted({row['status'] for row in rows}))})")
    )
    for name, place in PLACES.items():
        if (folder / place).exists():
            console.print(f"{name:>10}: {folder / place}", soft_wrap=True)


def _summary(rows: list[dict[str, str]], title: str) -> Table:
    """Models down, a block for each kind of labels; splits across, their names folded where the terminal is narrow."""
    splits = list(dict.fromkeys(row["split"] for row in rows))
    scores = {(row["labels"], row["model"], row["split"]): row["r2"] for row in rows}
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("model", min_width=MODEL_WIDTH)
    for split in splits:
        table.add_column(split.replace("_", "\n"), min_width=SPLIT_WIDTH, overflow="fold", justify="right")
    for labels in dict.fromkeys(row["labels"] for row in rows):
        table.add_row(f"labels: {labels}", style="bold")
        for model in dict.fromkeys(row["model"] for row in rows if row["labels"] == labels):
            cells = (scores.get((labels, model, split), "") for split in splits)
            table.add_row(model, *(f"{float(cell):.3f}" if cell else "" for cell in cells))
        table.add_section()
    return table
