"""Transcribe the sound of one batch of performances to MIDI; what cannot be transcribed is listed."""

from percepiano_core.audio.transcription.transcribe import by_network, from_folder, transcribed_batch
from percepiano_core.job import logged
from percepiano_core.quality import write_quality
from percepiano_core.sound.renderings import sound_of_job

with logged(snakemake.log[0]):
    given, params = snakemake.input, snakemake.params
    rendered = given.get("tables", []), given.get("audio", [])
    sound = sound_of_job(params.recorded, given.get("recordings", []), *rendered)
    transcriber = by_network(snakemake.threads) if params.folder is None else from_folder(params.folder)
    wanted = {name: sound[name] for name in params.names if name in sound}
    lines = transcribed_batch(wanted, snakemake.output.midi, transcriber, print)
    write_quality(snakemake.output.quality, lines)
