# What the rules of recordings share: where performances without ratings lie, and how they are rendered in batches.

RENDERINGS = "results/recordings/{corpus}"
RENDERING_QUALITY = "results/quality/recordings/{corpus}_{batch}.csv"
ASAP_EXAMPLES = "results/dynamics/examples/asap/{piece}.h5"
ASAP_QUALITY = "results/quality/dynamics/asap/{piece}.csv"


def asap_root():
    """Folder of ASAP."""
    return corpus_folder("ASAP_ROOT", config["rendering"]["corpora"]["asap"])


@one_line
def asap_recordings():
    """Name of each performance of ASAP that the dynamics networks can learn from -> the recording."""
    from percepiano_core.corpus.asap_dynamics import marked_recordings, performance_name

    return {performance_name(each): each for each in marked_recordings(asap_root())}


def asap_pieces():
    """Piece of ASAP -> block of the folds; empty where there is no ASAP."""
    from percepiano_core.corpus.asap_dynamics import piece_name
    from percepiano_core.splits.asap_blocks import piece_block

    if not asap_root().is_dir():
        return {}
    pieces = sorted({piece_name(each) for each in asap_recordings().values()})
    return {piece: piece_block(piece) for piece in pieces}


def rendered_files(corpus):
    """Name of each performance of a corpus -> its MIDI file; the corpora that can be rendered stand here."""
    return {name: asap_root() / each.midi for name, each in asap_recordings().items()}


def render_batch(wildcards):
    """The performances of one job: name -> MIDI file."""
    files = list(rendered_files(wildcards.corpus).items())
    size = config["rendering"]["files_a_job"]
    return dict(files[int(wildcards.batch) * size : (int(wildcards.batch) + 1) * size])


def batches_of(corpus, names):
    """Numbers of the jobs that render the named performances."""
    order = list(rendered_files(corpus))
    return sorted(
        {order.index(name) // config["rendering"]["files_a_job"] for name in names}
    )


def performances_of(piece):
    """Names of a piece's performances."""
    return [name for name in asap_recordings() if name.rpartition("/")[0] == piece]


def labelled_files(wildcards):
    """What the labels of a piece are read from: score, alignments, beats; and the performed velocities."""
    from percepiano_core.corpus.asap_dynamics import annotations_path

    found = [asap_recordings()[name] for name in performances_of(wildcards.piece)]
    paths = [
        path
        for each in found
        for path in (
            each.score,
            each.note_alignment,
            annotations_path(each.midi),
            each.midi,
        )
    ]
    return [asap_root() / path for path in dict.fromkeys(paths)]


@one_line
def sound_font():
    """The configured sound font, and the hash of its bytes."""
    from percepiano_core.sound.rendering import find_font

    font = find_font(config["rendering"]["sound_font"])
    return {"path": str(font.path), "sha256": font.sha256}


@one_line
def synthesiser():
    """Version of the program that renders."""
    from percepiano_core.sound.rendering import program_version

    return program_version()
