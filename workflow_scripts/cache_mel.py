"""Compute the spectrograms of one batch of performances into a shard; what cannot be heard is listed."""

from percepiano_core.audio.mel_cache.building import build_shard
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.sound.renderings import sound_of_job

with logged(snakemake.log[0]):
    given, wildcards, params = snakemake.input, snakemake.wildcards, snakemake.params
    rendered = given.get("tables", []), given.get("audio", [])
    sound = sound_of_job(params.recorded, given.get("recordings", []), *rendered)
    front, heard = front_end(wildcards.front_end), wildcards.instrument
    lines = build_shard(snakemake.output.shard, sound, front, heard, snakemake.threads, progress=print)
    write_quality(snakemake.output.quality, lines)
    print(f"{len(sound)} sound files heard, {len(lines)} lines of quality")
