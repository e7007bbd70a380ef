"""What is wrong with a recording that is used all the same, for whoever reads it to pass on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from percepiano_core.quality import QualityLine


@dataclass(frozen=True, slots=True)
class Repair:
    """What is wrong with a recording, what the reader did about it, what a person can do."""

    problem: str
    consequence: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.problem}; {self.consequence}; {self.remedy}"

    def quality_line(self, stage: str, subject: str, file: str) -> QualityLine:
        """The same as a line of a list of quality; `file` is relative to the corpus root."""
        return QualityLine(
            stage=stage,
            subject=subject,
            file=file,
            problem=self.problem,
            consequence=self.consequence,
            remedy=self.remedy,
        )


Tell = Callable[[Repair], None]


def unheard(repair: Repair) -> None:
    """Pass a repair on to nobody."""
