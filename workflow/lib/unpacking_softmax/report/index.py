"""A study's runs as one table for programs: what each is, how it ended, its effects, what made it."""

from collections.abc import Iterable, Sequence

import pandas as pd

from unpacking_softmax.artefacts.reading import read_record
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import RANKS
from unpacking_softmax.verdict.evidence import Evidence

SOURCE = [*IDENTITY, "source"]
# Of `readings.effects`, per OOD set: fractions, and solution ranks by matrix and rule.
EFFECTS = ("kappa_n", "kappa_relu", "rho", "rho_logits", "probe_seeds", *RANKS)
NECO = {"auroc": "neco_auroc", "fpr95": "neco_fpr95"}
ACCURACIES, NORMS = ("train_accuracy", "test_accuracy"), ("initial_logits_norm", "logits_norm")
ENDED = ("temperature_value", "status", *ACCURACIES, *NORMS)
RUNTIME = ("device", "torch", "commit")


def run_index(evidence: Evidence, records: Iterable[str]) -> pd.DataFrame:
    """One row for each run and data set that it was shown out of distribution (`source`; none: one row).

    records: the `run.json` of the runs. Columns: IDENTITY, ENDED, source, EFFECTS, NECO, and of the training
    seconds, RUNTIME and code (the hash of the code that trained). Shares are fractions; an effect that was
    not measured, or is of a run that failed to train, is NaN. Raises ArtefactError for a damaged record.
    """
    made = pd.DataFrame([_made(read_record(path, {})) for path in records])
    found = pd.concat(evidence.effects.values()).drop_duplicates(SOURCE)[[*SOURCE, *EFFECTS]]
    found = found.merge(_neco(evidence), on=SOURCE, how="outer")
    table = made.merge(found, on=IDENTITY, how="left")
    order = [*IDENTITY[:3], "temperature_value", "seed", "source"]
    columns = [*IDENTITY, *ENDED, "source", *EFFECTS, *NECO.values(), "seconds", *RUNTIME, "code"]
    return table.sort_values(order, kind="stable", ignore_index=True)[columns]


def _made(record: dict) -> dict:
    runtime, settings = record.get("runtime", {}), record.get("settings", {})
    return {
        **record["run"],
        **{name: record[name] for name in ENDED},
        "seconds": record.get("seconds"),
        **{name: runtime.get(name) for name in RUNTIME},
        "code": settings.get("code"),
    }


def _neco(evidence: Evidence) -> pd.DataFrame:
    """NECO at the study's number of components, of runs that trained."""
    parts: Sequence[pd.DataFrame] = [evidence.rows("detection", grid) for grid in evidence.grids()]
    rows = pd.concat(parts)
    if rows.empty:
        return pd.DataFrame(columns=[*SOURCE, *NECO.values()])
    rows = rows[rows["score"] == "neco"].drop_duplicates(SOURCE)
    return rows[[*SOURCE, *NECO]].rename(columns=NECO)
