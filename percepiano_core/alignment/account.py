"""What an alignment found, in words: repeats taken, passages skipped or doubled, notes added, a transposition."""

from __future__ import annotations

from percepiano_core.alignment.alignment import Alignment, Excursion, RepeatTaken
from percepiano_core.wording import counted

TOLD_NOTES = 4  # shorter excursions are slips, not worth a word
TIMES = {0: "not taken", 1: "taken"}


def departures(alignment: Alignment) -> list[str]:
    """Where the performance departs from the score, a clause each, in the order of playing; [] where it does not."""
    notes = len(alignment.performed_kept)
    told = [_excursion(each, notes) for each in alignment.excursions if _size(each) >= TOLD_NOTES]
    return [*transposed(alignment), *told]


def transposed(alignment: Alignment) -> list[str]:
    """A clause on the transposition, if there is one."""
    semitones = abs(alignment.transposition)
    if not semitones:
        return []
    direction = "higher" if alignment.transposition > 0 else "lower"
    return [f"sounds {counted(semitones, 'semitone')} {direction} than the score; matched at that distance"]


def repeats(alignment: Alignment) -> list[str]:
    """For each repeat sign a clause on whether it was obeyed."""
    return [_repeat(each) for each in alignment.repeats]


def shares(alignment: Alignment) -> str:
    """How much of the score and of the performance the verdict is about."""
    notes = len(alignment.score_notes)
    score = notes - int(alignment.left_out.sum())
    kept = int(alignment.performed_kept.sum())
    performed = kept - int((alignment.outside & alignment.performed_kept).sum())
    return f"{_percent(score, notes)} of the score, {_percent(performed, kept)} of the performed notes"


def reason_of_failure(alignment: Alignment) -> str:
    """Why an alignment has failed: too few notes fit, or too few to tell."""
    kept = int(alignment.performed_kept.sum())
    if alignment.enough:
        return f"does not fit the score (quality {alignment.c:.2f})"
    return f"does not fit the score: only {len(alignment.matches)} of its {counted(kept, 'note')} could be placed in it"


def _excursion(each: Excursion, performed: int) -> str:
    """What an excursion is; `performed` notes were played in all."""
    notes = counted(_size(each), "note")
    at = f"{each.seconds[0]:.1f} s"
    if each.kind == "skipped":
        where = "after" if each.performed_rows[0] >= performed else "before"
        return f"{_bars(each)} not played ({notes}; {where} {at})"
    if each.kind == "doubled":
        return f"{_bars(each)} played again without a repeat sign, from {at}"
    until = f"{at} to {each.seconds[1]:.1f} s"
    where = {"before": "before", "after": "after", "extra": "in or behind"}[each.kind]
    return f"{notes} {where} bar {each.first_bar} that the score does not have ({until})"


def _size(each: Excursion) -> int:
    first, stop = each.score_rows if each.kind in ("skipped", "doubled") else each.performed_rows
    return stop - first


def _bars(each: Excursion) -> str:
    return f"bar {each.first_bar}" if each.first_bar == each.last_bar else f"bars {each.first_bar} to {each.last_bar}"


def _repeat(each: RepeatTaken) -> str:
    times = TIMES.get(each.taken, f"taken {each.taken} times")
    if each.notated > 1:
        times = f"taken {each.taken} of {each.notated} times"
    return f"{each.sign} from bar {each.bar} to bar {each.target_bar}: {times}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.0f} %"
