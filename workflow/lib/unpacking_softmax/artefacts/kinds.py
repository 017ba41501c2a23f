"""Every kind of result: where it lies, per what it is made, by which rule, and what its table holds.

Whatever else must know kinds asks this module or is tested against it: paths, readers, checks of a
study, what the verdict reads, the rules, the Snakefile's head. Nothing is computed here: a kind that
changes its place or its maker changes the inputs of who reads it, so that this module stays out of
the code hash (`provenance.PLUMBING`).
"""

from dataclasses import dataclass
from enum import StrEnum

# What tells one result of a kind from another, outermost folder first.
DATASET = ("dataset",)
NETWORK = (*DATASET, "architecture", "variant")
RUN = (*NETWORK, "temperature", "seed")
RUN_FOLDER = "{results}/runs/{dataset}/{architecture}/{variant}/T{temperature}/seed{seed}"


class Status(StrEnum):
    """How a run ends (see `training.outcome`); imported: its weights were trained elsewhere."""

    TRAINED = "trained"
    IMPORTED = "imported"
    FAILED = "failed_to_train"
    DIVERGED = "diverged"


@dataclass(frozen=True)
class Kind:
    """A kind of result.

    path: with wildcards: `results`, those of `per`, and `suffix` where a result is several files.
    per: names that tell one from another; a table begins with columns of these names.
    rule: the one that makes it (the weights of a run that are imported, and its record: `adopt`).
    columns: what is read of it as a table, after those of `per`; none where it is no table.
    asked_by: the setting of a grid (ood, detection, snapshots) that asks for it, or `history`: every run
        that is trained here has it; none: every run has it.
    """

    name: str
    path: str
    per: tuple[str, ...]
    rule: str
    columns: tuple[str, ...] = ()
    asked_by: str | None = None

    @property
    def header(self) -> list[str]:
        """All columns of the table."""
        return [*self.per, *self.columns]


def _table(name: str, rule: str, columns: str, asked_by: str | None = None) -> Kind:
    """A table of a run."""
    return Kind(name, f"{RUN_FOLDER}/{name}.parquet", RUN, rule, tuple(columns.split()), asked_by)


_ALL = (
    Kind("dataset", "{results}/data/{dataset}.safetensors", DATASET, "prepare_dataset"),
    Kind(
        "initial_norms",
        "{results}/initial_norms/{dataset}/{architecture}/{variant}.parquet",
        NETWORK,
        "initial_norms",
        ("network", "n", "batch", "norm_train_mode", "norm_rms", "norm_eval"),
    ),
    Kind(
        "calibration",
        "{results}/calibration/{dataset}/{architecture}/{variant}/T{temperature}.json",
        (*NETWORK, "temperature"),
        "calibrate",
    ),
    Kind("model", f"{RUN_FOLDER}/model.safetensors", RUN, "train"),
    _table(
        "history",
        "train",
        "epoch rate loss seconds train_accuracy test_accuracy n logits_norm logits_norm_rms "
        "singular_values singular_values_centred singular_values_softmax",
        asked_by="history",
    ),
    Kind(
        "record",
        f"{RUN_FOLDER}/run.json",
        RUN,
        "train",
        (
            "temperature_value",
            "status",
            "train_accuracy",
            "test_accuracy",
            "logits_norm",
            "initial_logits_norm",
        ),
    ),
    Kind("snapshots", f"{RUN_FOLDER}/snapshots/index.json", RUN, "train"),
    Kind("activations", f"{RUN_FOLDER}/activations/{{source}}.safetensors", (*RUN, "source"), "extract"),
    _table("spectra", "spectra", "point index split matrix n d sigma"),
    _table("probes", "probe", "source point index d n accuracy train_accuracy loss model_accuracy", "ood"),
    _table("depth", "depth", "source index kappa_n kappa_relu reached model_accuracy rho rho_logits", "ood"),
    _table("collapse", "collapse", "point index measure source value", "ood"),
    _table("detection", "detection", "source score dimension auroc fpr95 fpr95_openood", "detection"),
    _table("alignment", "dynamics", "epoch point index max mean_row_max rows columns matrix", "snapshots"),
    _table("gradients", "dynamics", "epoch point index n d sigma input_n input_d sigma_input", "snapshots"),
    _table(
        "evolution",
        "dynamics",
        "epoch source point index n d norm sigma orthodev orthodev_centred",
        "snapshots",
    ),
    _table("rescaled", "dynamics", "epoch norm_epoch n d norm sigma", "snapshots"),
    Kind("theory", "{results}/theory/{theory}.parquet", ("theory",), "theory"),
    Kind("figure", "{results}/figures/{figure}{suffix}", ("figure",), "figure"),
    Kind("table", "{results}/tables/{table}{suffix}", ("table",), "table"),
    Kind("verdict", "{results}/verdict/{verdict}", ("verdict",), "verdict"),
    Kind("story", "{results}/report/story.html", (), "story"),
    Kind("explorer", "{results}/report/explorer.html", (), "explorer"),
)
KINDS = {kind.name: kind for kind in _ALL}
# What figures, tables and the verdict read of runs.
OF_RUNS = {kind.name: kind for kind in _ALL if kind.per == RUN and kind.columns}

# The columns of the numerics of each proposition, which need no run: each is a file of the kind `theory`.
NUMERICS = {
    "softmax_rank": "n k seed scale norm rank_before rank rank_torch rank_1e-8 rank_1e-8-absolute rank_1e-3",
    "spectral_gap": "part temperature sigma_1 sigma_n gap ratio rank bound n seed i j product same "
    "gap_at gap_interior ratio_at ratio_interior rank_at rank_interior rank_interior_torch "
    "rank_interior_1e-8 rank_interior_1e-8-absolute rank_interior_1e-3",
    "gap_bound": "part n concentration draws violations tightness_mean tightness_max overlap_mean case "
    "gap bound",
    "rank_two": "part n seed scale rule rank rank_before closest",
}
