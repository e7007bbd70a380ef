# What the rules share: the plan of the run, and digests of the code that a job reaches. All that is worked out stands in
# percepiano_core/plan, where tests and the type checker see it.

import sys

from functools import cache, wraps

from percepiano_core.digest import SOURCES, code_digest, dependency_versions
from percepiano_core.errors import UserError
from percepiano_core.plan.plan import make_plan
from percepiano_core.plan.runs import RUN_FOLDER

# What the digests need to know of the code, so that not every job has to read all of it again.
READ_CODE = Path(".snakemake/percepiano_code.json")
SOURCES.load(READ_CODE)

HERE = Path(str(workflow.current_basedir)).parent


def told(line):
    """Say once, not in every job, what is left out."""
    if workflow.is_main_process:
        print(line, file=sys.stderr)


def one_line(function):
    """The function; what a person did wrong stops the run in one line."""

    @wraps(function)
    def checked(*arguments, **named):
        try:
            return function(*arguments, **named)
        except UserError as error:
            print(error, file=sys.stderr)
            # A WorkflowError would be wrapped in the rule's place and a traceback.
            raise SystemExit(1) from None

    return checked


@cache
def code(script, *modules):
    """Digest of a script's import closure: a rule reruns when code that it reaches changes, and only then."""
    return code_digest(PLAN.script(script), *modules)


def any_of(names):
    """Pattern of these names; of nothing, if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


PLAN = one_line(make_plan)(config, HERE, told)
RUNS = one_line(lambda: PLAN.runs)()
RATING_RUNS, DYNAMICS_RUNS = (
    PLAN.predictions("perception"),
    PLAN.predictions("dynamics"),
)
RATED, SEGMENTS = PLAN.corpus, PLAN.corpus.segments


wildcard_constraints:
    segment="[^/]+",
    labels=any_of(PLAN.labels),
    split=any_of(PLAN.splits),
    data=any_of([*PLAN.labels, *PLAN.tracks]),
    model=any_of(PLAN.models),
    fold="[A-Za-z0-9]+",
    seed="[0-9]+",
    track=any_of(PLAN.tracks),
    batch="[0-9]+",
    instrument="[a-z][a-z0-9]*",
    front_end="[a-z0-9_]+",
