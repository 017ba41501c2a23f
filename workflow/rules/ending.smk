"""What the terminal says when Snakemake ends, well or not.

INPUTS   run.json of the study's runs, where it is there
OUTPUTS  none
"""

from unpacking_softmax.plan.ending import untrained


def say_what_did_not_train():
    if line := untrained(STUDY):
        print(line, file=sys.stderr)


onsuccess:
    say_what_did_not_train()


onerror:
    say_what_did_not_train()
