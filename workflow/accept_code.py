"""Accept a change of code that alters no number: what older code made is not made again.

    python workflow/accept_code.py results/paper --since 1a2b3c4 --why "functions renamed" train extract

For the rules that are named (by their scripts in workflow/scripts; figures and tables by their family, such
as figure_layers; networks and sources of images by their module, such as networks/resnet), the code as it is
now stands for that of the commit, in this folder of results. Kept in its accepted_code.json, with date,
commits and reason; take the entry out, and the rules run again. `snakemake -n` beforehand says which rules a
change concerns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.errors import StudyError, UserError, did_you_mean
from unpacking_softmax.artefacts.provenance import HANDED_OVER, rule_code
from unpacking_softmax.images.registry import SOURCES
from unpacking_softmax.machine.runtime import commit
from unpacking_softmax.networks.registry import FOREIGN, NETWORKS
from unpacking_softmax.plan.accepted import Accepted
from unpacking_softmax.study.catalogue import FIGURE_FAMILIES, TABLE_FAMILIES
from unpacking_softmax.study.paths import Paths

SCRIPTS = ROOT / "workflow" / "scripts"
# Run in a checkout of the older code: it hashes itself as it did then; null for a rule that it has not.
HASHES = """
import json, pathlib, sys
try:
    from unpacking_softmax.artefacts.provenance import rule_code
except ImportError:  # where it lay before
    from unpacking_softmax.plan.provenance import rule_code
def known(rule):
    try:
        return rule_code(pathlib.Path("workflow", "scripts"), rule)
    except FileNotFoundError:
        return None
print(json.dumps({rule: known(rule) for rule in sys.argv[1:]}))
"""


def git(*words: str, failure: str) -> bytes:
    """What git says in the workflow's folder. Raises StudyError(failure), with its complaint."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True)
    if done.returncode:
        raise StudyError(f"{failure} ({done.stderr.decode().strip()})")
    return done.stdout


def hashes_at(since: str, rules: Iterable[str]) -> dict[str, str]:
    """The hash of each rule's code at a commit."""
    words = ("rev-parse", "--verify", "--end-of-options", f"{since}^{{commit}}")
    found = git(*words, failure=f"--since {since}: no such commit").decode().strip()
    tree = git("archive", found, "workflow", failure=f"--since {since}: no workflow in it")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["tar", "-x", "-C", folder], input=tree, check=True)
        environment = {**os.environ, "PYTHONPATH": str(Path(folder, "workflow", "lib"))}
        command = [sys.executable, "-c", HASHES, *rules]
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=True)
    hashes = json.loads(done.stdout)
    for rule in rules:
        if hashes[rule] is None:
            raise StudyError(f"{rule}: there is no such rule at {since}")
    return hashes


def known_rules() -> list[str]:
    """The rules by the names that they are accepted under."""
    scripts = {path.stem for path in SCRIPTS.glob("*.py")}.difference(HANDED_OVER)
    families = [f"figure_{name}" for name in FIGURE_FAMILIES] + [f"table_{name}" for name in TABLE_FAMILIES]
    modules = {f"networks/{name}" for name in (*FOREIGN, *(network.module for network in NETWORKS.values()))}
    modules |= {f"images/{source.module}" for source in SOURCES.values()}
    return sorted([*scripts, *families, *modules])


def accept(results: str, rules: list[str], since: str, why: str) -> None:
    """Raises StudyError for a folder, rule or commit that does not exist, or code that did not change."""
    known = known_rules()
    for rule in rules:
        if rule not in known:
            raise StudyError(f"{rule}: no such rule{did_you_mean(rule, known)}; there are {', '.join(known)}")
    if not Path(results).is_dir():
        raise StudyError(f"{results}: no such folder; name the study's `results`")
    accepted = Accepted(Paths(results)("accepted_code"))
    reasons = {"why": why, "since": since, "commit": commit(), "date": datetime.now(UTC).date().isoformat()}
    old = hashes_at(since, rules)
    accepted.accept({rule: (rule_code(SCRIPTS, rule), old[rule]) for rule in rules}, reasons)
    print(f"{', '.join(rules)}: accepted, as recorded in {accepted.path}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", help="the study's folder of results")
    parser.add_argument("rules", nargs="+", help="as their scripts are named")
    parser.add_argument("--since", required=True, help="the commit whose results are kept")
    parser.add_argument("--why", required=True, help="why no number can differ")
    try:
        accept(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
