# What the rules of dynamics share: tracks and their pieces, models and their runs, recordings of one's own.

MAZURKABL_EXAMPLES = "results/dynamics/examples/mazurkabl/{mazurka}.h5"
MAZURKABL_QUALITY = "results/quality/dynamics/mazurkabl/{mazurka}.csv"
SYNTHETIC_EXAMPLES = "results/dynamics/examples/synthetic/{piece}.h5"
DYNAMICS_RUNS = "results/dynamics/{track}/runs"
DYNAMICS_FILES = ["predictions.h5", "run.json"]
OWN_QUALITY = "results/quality/dynamics/recordings.csv"
# Module of a model -> the script that runs it; a module not named here is fitted on all folds by fit_dynamics_model.py.
DYNAMICS_SCRIPTS = {
    "dynamics.network.network_fold": "train_dynamics_network.py",
    "dynamics.predictions.combination": "combine_dynamics_models.py",
}


def mazurkabl_root():
    """Folder of MazurkaBL."""
    return corpus_folder("MAZURKABL_ROOT", config["dynamics"]["mazurkabl_root"])


@one_line
def mazurkabl_pieces():
    """Mazurka -> block of the folds; empty where there is no MazurkaBL."""
    from percepiano_core.corpus.mazurkabl import list_mazurkas
    from percepiano_core.splits.piece_folds import read_blocks

    if not mazurkabl_root().is_dir():
        return {}
    blocks = read_blocks()
    return {name: blocks[name] for name in list_mazurkas(mazurkabl_root())}


@one_line
def synthetic_pieces():
    """Piece of the synthetic corpus -> block of the folds; empty where the corpus is real."""
    if config["corpus"]["kind"] != "synthetic":
        return {}
    return {
        piece: index % 5
        for index, piece in enumerate(sorted({each.piece for each in PERFORMANCES}))
    }


# Track -> its pieces with their blocks, its container of recordings, and what is missing where it has no pieces.
DYNAMICS_TRACKS = {
    "T1": (mazurkabl_pieces, MAZURKABL_EXAMPLES, "MazurkaBL", mazurkabl_root),
    "T2": (asap_pieces, ASAP_EXAMPLES, "ASAP", asap_root),
    "synthetic": (
        synthetic_pieces,
        SYNTHETIC_EXAMPLES,
        "synthetic corpus",
        lambda: ROOT,
    ),
}


def track_blocks(track):
    """Piece of a track -> block of its folds."""
    return DYNAMICS_TRACKS[track][0]()


def present_tracks():
    """The configured tracks whose corpora are there; says once what is left out."""
    wanted = config["dynamics"]["tracks"]
    if workflow.is_main_process:
        for track in wanted:
            if not track_blocks(track):
                name, root = DYNAMICS_TRACKS[track][2], DYNAMICS_TRACKS[track][3]()
                print(f"dynamics track {track}: no {name} at {root}", file=sys.stderr)
    return [track for track in wanted if track_blocks(track)]


TRACKS = present_tracks()


def dynamics_models(track):
    """Models of a track, in the order of the configuration."""
    return [
        model
        for model, entry in config["dynamics"]["models"].items()
        if track in entry["tracks"]
    ]


def dynamics_script(model):
    """Script that runs a model."""
    return DYNAMICS_SCRIPTS.get(
        config["dynamics"]["models"][model]["module"], "fit_dynamics_model.py"
    )


def dynamics_settings(model):
    """Settings of a model."""
    return config["dynamics"]["models"][model]["settings"]


def dynamics_code(wildcards):
    """Digest of what a model's run reaches."""
    entry = config["dynamics"]["models"][wildcards.model]
    return code(
        dynamics_script(wildcards.model), f"percepiano_core.{entry['module']}"
    )


def dynamics_info(wildcards):
    """What is recorded of a run beside its predictions."""
    return {
        "track": wildcards.track,
        "model": wildcards.model,
        "settings": dynamics_settings(wildcards.model),
        "seed": config["dynamics"]["seed"],
        "protocol": config["dynamics"]["protocol"],
    }


def piece_files(track, path):
    """A file a piece of a track, in order of the piece; `path` has the piece in braces."""
    return [
        path.format(mazurka=piece, piece=piece) for piece in sorted(track_blocks(track))
    ]


def examples_of(track):
    """Containers of a track's recordings."""
    return piece_files(track, DYNAMICS_TRACKS[track][1])


def track_examples(wildcards):
    """Containers of the wildcards' track."""
    return examples_of(wildcards.track)


def run_outputs(fold="{fold}"):
    """Prediction files of a run on one fold or, given their names, on several."""
    return expand(
        f"{DYNAMICS_RUNS}/{{model}}/fold{{fold}}/{{file}}",
        track="{track}",
        model="{model}",
        fold=fold,
        file=DYNAMICS_FILES,
    )


def model_folds(model):
    """Folds of a model: its own, or all that are configured."""
    return config["dynamics"]["models"][model]["folds"] or config["dynamics"]["folds"]


def dynamics_runs(track, models):
    """Prediction files of models on their folds of a track."""
    return [
        path
        for model in models
        for path in expand(run_outputs(model_folds(model)), track=track, model=model)
    ]


def dynamics_members(wildcards):
    """Prediction files of the models that a combination is made of."""
    return dynamics_runs(wildcards.track, dynamics_settings(wildcards.model)["members"])


def dynamics_rows():
    """Track -> rows of the table: model, title, what it hears, whether it is told the beats."""
    models = config["dynamics"]["models"]
    return {
        track: [
            (
                name,
                models[name]["title"],
                models[name]["hears"],
                models[name]["true_beats"],
            )
            for name in dynamics_models(track)
        ]
        for track in TRACKS
    }


def own_recordings():
    """Folder of one's own recordings, as given."""
    return Path(config["dynamics"]["recordings"])


@cache
def own_sounds():
    """Sound files of one's own."""
    from percepiano_core.dynamics.examples.recordings_examples import sound_files

    return list(sound_files(own_recordings()).values())


def own_annotations():
    """Beats and marks of one's own recordings."""
    return sorted(
        [
            *own_recordings().glob("beat_time/*.csv"),
            *own_recordings().glob("markings_dyn/*.csv"),
        ]
    )


def own_rows():
    """Rows of the table for one's own recordings: one, if there are annotated ones."""
    heard = {"T3": [("listener", "Network as trained", "sound", False)]}
    return heard if own_sounds() and own_annotations() else {}


def own_run():
    """Prediction files of one's own recordings."""
    folder = "results/dynamics/T3/runs/listener/fold0"
    return [f"{folder}/{name}" for name in DYNAMICS_FILES] if own_rows() else []


def listener_weights(wildcards):
    """Weights that listen to one's own recordings: the configured ones, or those of the network of track T1."""
    if config["dynamics"]["weights"]:
        return config["dynamics"]["weights"]
    if "T1" not in TRACKS:
        problem = "nothing here has learned to listen; name weights (dynamics: weights)"
        raise WorkflowError(f"{own_recordings()}: {problem}")
    fold = config["dynamics"]["folds"][0]
    return f"results/dynamics/T1/runs/network_curves/fold{fold}/weights.safetensors"


def rendering_quality(corpus):
    """Lists of what could not be rendered of a corpus."""
    batches = batches_of(corpus, rendered_files(corpus))
    return expand(RENDERING_QUALITY, corpus=corpus, batch=batches)


def quality_lists():
    """Lists of what was wrong with the inputs of each track, with those of one's own recordings."""
    lists = [OWN_QUALITY] if own_sounds() else []
    if "T1" in TRACKS:
        lists += piece_files("T1", MAZURKABL_QUALITY)
    if "T2" in TRACKS:
        lists += rendering_quality("asap") + piece_files("T2", ASAP_QUALITY)
    return lists


DYNAMICS_TABLES = (
    [
        "results/dynamics/table1.csv",
        "results/dynamics/table1_folds.csv",
        "results/figures/dynamics_table1.svg",
        "results/dynamics/provenance/stages.csv",
    ]
    if TRACKS or own_rows()
    else []
) + (
    ["results/dynamics/recordings", "results/quality/dynamics.csv"]
    if own_sounds()
    else []
)


wildcard_constraints:
    track="|".join([*DYNAMICS_TRACKS, "T3"]),
    fold="[0-9]+",
