"""What the terminal says before anything runs: what results that came from elsewhere cost to change.

Results that came in an archive have no weights beside them. A changed setting of a measure then trains the
network anew, which a person should know before it begins.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from unpacking_softmax.artefacts.provenance import code_hash
from unpacking_softmax.plan.accepted import Accepted

SHOWN = 5  # runs that are named


def without_weights(model: str) -> bool:
    """Whether the results of a run are here, and its weights, which would lie at `model`, are not."""
    path = Path(model)
    return path.with_name("run.json").exists() and not path.exists()


def trained_again(models: Iterable[str]) -> str | None:
    """One line on those of the trainings to come, by the weights they make, that have results here.

    None where there are no such.
    """
    again = sorted(str(Path(model).parent) for model in models if without_weights(model))
    if not again:
        return None
    rest = f", and {len(again) - SHOWN} more" if len(again) > SHOWN else ""
    return (
        f"{len(again)} of the networks to be trained have results here, but no weights, which a changed "
        f"setting or a missing measure needs (weights do not travel): {', '.join(again[:SHOWN])}{rest}; "
        "their results will be replaced: stop now to keep them"
    )


def other_code(codes: Mapping[str, set[str]], scripts: Path, accepted: Accepted) -> str | None:
    """One line on rules whose code here differs from that which made results; None where none does.

    codes: hashes of the code that made them, by rule (see `records.codes_of`).
    """
    changed = []
    for rule, made in codes.items():
        script = scripts / f"{rule}.py"
        if script.exists() and made != {accepted.stands_for(rule, code_hash(script))}:
            changed.append(rule)
    if not changed:
        return None
    return (
        f"made by other code than is here, so that what depends on it will run again: {', '.join(changed)}; "
        "check out the commit that the runs name (run.json), or see workflow/accept_code.py"
    )


class Remark:
    """In a message, `{remark:{output.model}}` becomes a remark on a run without weights, else nothing."""

    def __format__(self, model: str) -> str:
        return " (again: its results are here, its weights are not)" if without_weights(model) else ""
