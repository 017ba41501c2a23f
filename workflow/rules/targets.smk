"""Refuses, in one line before planning, targets that no rule makes or that name things the study does not have.

INPUTS   the targets on the command line
OUTPUTS  none
"""

import io
from contextlib import redirect_stderr, suppress

from snakemake.cli import get_argument_parser

from unpacking_softmax.plan.targets import (
    check_names,
    no_such_target,
    studies,
    switched_off,
)


def makers(path):
    """The rules that make a file."""
    return [made for made in workflow.rules if made.is_producer(path)]


def by_name():
    """What can be asked for by name: rules, and files, that need no wildcard."""
    plain = [made for made in workflow.rules if not made.has_wildcards()]
    return {*(made.name for made in plain), *(str(f) for r in plain for f in r.output)}


def targets_asked_for():
    """Snakemake tells a Snakefile its targets only after reading it; its parser knows them (0.3 seconds)."""
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    with suppress(SystemExit), redirect_stderr(io.StringIO()):
        known, _ = get_argument_parser().parse_known_args(words[:end])
        return [*known.targets, *words[end + 1 :]]
    return []


def check_command_line():
    words = [word for word in sys.argv[1:] if word and not word.startswith("-")]
    paths = {w: w if os.path.isabs(w) else os.path.relpath(w) for w in words}
    for word, path in paths.items():
        for made in makers(path):
            check_names(word, made.get_wildcards(path), STUDY)
    unmade = [
        word
        for word, path in paths.items()
        if not (os.path.lexists(path) or makers(path) or word in by_name())
    ]
    if unmade:
        for target in filter(unmade.__contains__, targets_asked_for()):
            raise no_such_target(target, STUDY, by_name(), studies(ROOT / "config"))


# Another Snakefile that uses this one may have its own rules, which are read after these.
OURS = {(ROOT / name).resolve() for name in ("Snakefile", "workflow/Snakefile")}
if workflow.is_main_process and Path(workflow.main_snakefile).resolve() in OURS:
    try:
        check_command_line()
    except StudyError as error:
        raise WorkflowError(str(error))
    if STUDY.switched_off:
        print(switched_off(STUDY, STUDY.switched_off), file=sys.stderr)
