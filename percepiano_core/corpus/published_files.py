"""The files of the published PercePiano corpus that this project uses, with the sha256 of each at the pinned commit."""

from __future__ import annotations

import gzip
from importlib import resources

COMMIT = "e672299b8661f63802cd5cd73bb3c76218a13029"  # github.com/JonghoKimSNU/PercePiano
LIST = "percepiano_files.tsv.gz"  # lines "<path>\t<sha256>", sorted by path


def published_files() -> dict[str, str]:
    """POSIX path inside the corpus -> hex sha256."""
    packed = resources.files("percepiano_core.corpus").joinpath(LIST).read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").splitlines()
    return dict(line.split("\t") for line in lines)
