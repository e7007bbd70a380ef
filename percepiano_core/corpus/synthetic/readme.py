"""The README that lies in every synthetic corpus, so that nobody takes it for recordings."""

from __future__ import annotations

_TEXT = """# SYNTHETIC corpus

Nothing here was played or heard by a person. {segments} short piano excerpts were composed and engraved by code, and
{performances} performances, and the ratings of them, simulated from seed {seed}. Every number made from this folder
must be called synthetic; none says anything about real pianists or listeners.

| file | what it holds |
|---|---|
| `manifest.csv` | a row a performance: names, files, sha256 |
| `scores/*.musicxml` | MusicXML 4.0, a file a segment |
| `performances/*.mid` | one track, 480 ticks, CC64 and CC67; player `Score` is a deadpan performance |
| `ratings.csv` | simulated raters, the columns of the published table; 0 and, in reversed items, 8 mean "don't know" |
| `expression.csv` | the parameters each performance was made with |
| `truth.csv` | ratings without bias and noise, points / 7, the scale of the labels |
| `weights.csv` | how truth follows from parameters and piece |
| `beats.csv` | second of each felt beat, downbeats, dynamic mark and hairpin in force, intended velocity |
| `alignment/*.csv` | score note to performed note, known from the simulation |
| `segments.csv` | key, metre, tempo; segments with one `text` play the same phrase |
| `parameters.json` | the settings, and a digest of the code, that give exactly these files |

Docs: `docs/synthetic.md` of the PercePiano Workflow. Made again with `percepiano synthesize FOLDER --seed {seed}`.
"""


def readme(segments: int, performances: int, seed: int) -> str:
    """Text of the README."""
    return _TEXT.format(segments=segments, performances=performances, seed=seed)
