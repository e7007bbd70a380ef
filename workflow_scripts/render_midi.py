"""Render one batch of a corpus's MIDI files; what cannot be read is listed, the rest goes on."""

from pathlib import Path

from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.sound.rendering import RenderSettings, SoundFont
from percepiano_core.sound.renderings import render_files, write_renderings

with logged(snakemake.log[0]):
    params = snakemake.params
    files = dict(zip(params.names, map(Path, snakemake.input.midi), strict=True))
    font = SoundFont(Path(params.font["path"]), params.font["sha256"])
    folder = Path(snakemake.output.audio)
    folder.mkdir(parents=True, exist_ok=True)
    settings, root = RenderSettings(**params.settings), Path(params.root)
    rendered, unusable = render_files(files, folder, font, settings, root, progress=print)
    write_renderings(snakemake.output.table, rendered)
    write_quality(snakemake.output.quality, unusable)
    print(f"{len(rendered)} of {len(files)} files, {sum(each.seconds for each in rendered):.0f} s of sound")
