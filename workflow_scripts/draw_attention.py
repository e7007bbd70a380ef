"""Draw where a trained spectrogram transformer looks in some performances, with the bars of their scores."""

from percepiano_core.alignment.tempo_map import bar_seconds
from percepiano_core.audio.mel_cache.cache import MelCache
from percepiano_core.audio.mel_cache.front_ends import front_end
from percepiano_core.audio.networks.attention import AttendedPerformance, attention_over, draw_attention
from percepiano_core.audio.networks.network_file import read_network
from percepiano_core.job import logged
from percepiano_core.store.alignments import read_segment_alignments

with logged(snakemake.log[0]):
    network = read_network(snakemake.input.weights)
    cache = MelCache(snakemake.input.mel, front_end(network.form.normalisation.front_end))
    attended = []
    for name, path in zip(snakemake.params.performances, snakemake.input.alignments, strict=True):
        aligned = read_segment_alignments(path).performances.get(name)
        if name in cache and aligned is not None:
            found = aligned.alignment
            mel, bars = cache.view(name), bar_seconds(found.score_notes, aligned.performed, found.matches)
            seen = attention_over(network, mel)
            attended.append(AttendedPerformance(name, mel, seen, bars, cache.front_end.frames_per_second))
    draw_attention(attended, snakemake.params.title, snakemake.output[0])
    print(f"{len(attended)} performances")
