"""What is printed when Snakemake ends, with or without success.

INPUTS   run.json of the study's runs, if it exists
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
