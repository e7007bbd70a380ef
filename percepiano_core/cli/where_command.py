"""`percepiano where`: the table of a finished run in short, and where its files lie."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from percepiano_core.errors import UserError

SHOWN = ("split", "model", "r2", "r2_ci_low", "r2_ci_high", "ceiling", "published_r2", "status")
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
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["status"] != "not run"]
    table = Table(*SHOWN, title=f"{path} ({', '.join(sorted({row['status'] for row in rows}))})")
    for row in rows:
        table.add_row(*(_short(row[column]) for column in SHOWN))
    console = Console()
    console.print(table)
    for name, place in PLACES.items():
        if (folder / place).exists():
            console.print(f"{name:>10}: {folder / place}", soft_wrap=True)


def _short(cell: str) -> str:
    try:
        return f"{float(cell):.3f}"
    except ValueError:
        return cell
