"""What is printed when Snakemake ends, with or without success.

INPUTS   run.json of the study's runs, if it exists; logs of what failed; csv files of what was made
OUTPUTS  none
"""

import shlex

from unpacking_softmax.plan.ending import failed, made, untrained


def say(lines):
    for line in filter(None, lines):
        print(line, file=sys.stderr)


onsuccess:
    BEFORE.forget()
    say([untrained(STUDY), *made(DRAWN)])


onerror:
    # Snakemake has no record of a failed job's settings, so that the next call makes them again.
    say(
        f"kept as it was, to be made again by the next call: {path}"
        for path in BEFORE.put_back()
    )
    say(
        [untrained(STUDY), *failed(STUDY, shlex.join(["snakemake", *sys.argv[1:]]))]
    )
