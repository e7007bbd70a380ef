# What the rules of pre-training share: where weights lie, and which performances are learned from.

PRETRAINED = "results/pretrained/midibert_{size}.safetensors"
UNRATED_NOTES = "results/pretrained/notes.h5"
UNRATED_PART = "results/pretrained/notes/{batch}.h5"
UNRATED_QUALITY = "results/quality/pretraining/{batch}.csv"


@one_line
def unrated_performances():
    """Performances to pre-train on, of the collections that are there; none where there are none."""
    from percepiano_core.corpus.midi_collections import collect_performances

    settings = config["pretraining"]
    asap = asap_root() if settings["asap"] and asap_root().is_dir() else None
    return collect_performances(asap, settings["maestro"], settings["leave_out"])


@one_line
def unrated_with_scores():
    """Those of them that have a score, so many of each."""
    from percepiano_core.corpus.midi_collections import with_scores

    return with_scores(unrated_performances(), config["pretraining"]["of_a_score"])


def unrated_batch(wildcards):
    """Those of one job."""
    size = config["pretraining"]["performances_a_job"]
    start = int(wildcards.batch) * size
    return unrated_with_scores()[start : start + size]


def unrated_batches():
    """Numbers of the jobs that read them."""
    return range(
        -(-len(unrated_with_scores()) // config["pretraining"]["performances_a_job"])
    )
