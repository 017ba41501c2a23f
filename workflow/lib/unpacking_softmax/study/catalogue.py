"""Every figure and table, named once: its family, and what the paper says there.

A family is a module that draws or writes (`plots/<family>.py`, `tables/<family>.py`). Here stands what it
shows, what it reads and how a study binds it. Settings, the schema of the configuration, the rules' inputs
and the report's captions follow.
"""

from dataclasses import dataclass

from unpacking_softmax.artefacts.kinds import NUMERICS


@dataclass(frozen=True)
class Form:
    """What a figure, table or row says in the configuration: keys that it needs, and keys that it may have.

    What each key holds is said in the schema, under `bindings`. rows: the form of each of its rows.
    """

    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    rows: "Form | None" = None


@dataclass(frozen=True)
class Family:
    """shows: what figures or tables of this family show, for their captions. reads: kinds of files (see
    `kinds.KINDS`) of each run that it is bound to. theory: numerics of the propositions. low_norm: whether
    it sets a grid's `low_norm` beside its baseline."""

    shows: str
    binding: Form = Form()
    reads: tuple[str, ...] = ()
    theory: tuple[str, ...] = ()
    low_norm: bool = False

    @property
    def against(self) -> str | None:
        """The other data set that a grid is shown with, as a binding (or its row) and the grid call it."""
        form = self.binding.rows or self.binding
        return next((role for role in ("ood", "detection") if role in form.takes), None)


@dataclass(frozen=True)
class Target:
    """A figure or table. claim: what the paper says there, for the caption."""

    family: str
    claim: str


# Numerics that need no network: a rule, a script `theory_<name>` and a section of config `theory` each.
THEORY = tuple(NUMERICS)
# Kinds of tables of runs that the explorer shows.
EXPLORED = ("record", "probes", "depth", "spectra", "alignment", "detection")


# --- How figures are bound -------------------------------------------------------------------------------
PART = ("temperatures", "seeds", "columns")  # of one grid
ONE_GRID = Form(("grid",), PART)
ONE_GRID_OOD = Form(("grid",), ("ood", *PART))
ONE_GRID_EPOCHS = Form(("grid", "epochs"), PART)
GRIDS = Form(("grids",), ("seeds", "columns"))
GRIDS_OOD = Form(("grids",), ("ood", "seeds", "columns"))
GRIDS_DETECTION = Form(("grids",), ("detection", "seeds", "columns"))
PANELS = Form(("panels",), ("seeds", "columns"))
NEW_NETWORKS = Form(("datasets", "architectures"), ("columns",))
NO_RUNS = Form(takes=("columns",))

FIGURE_FAMILIES = {
    "layers": Family(
        "accuracy of linear probes in (solid) and out of distribution (dashed) and numerical rank (dotted) "
        "by layer, at the logits the solution rank SR; kappa is marked, rho printed; means over the seeds "
        "that trained, a panel for each temperature.",
        ONE_GRID_OOD,
        reads=("probes", "spectra", "depth", "record"),
    ),
    "logits_norm": Family(
        "the Frobenius norm of the raw logits of the training split through training.",
        ONE_GRID,
        reads=("history", "record"),
    ),
    "logits_ranks": Family(
        "both ranks and the norm through training, a panel for each temperature.",
        ONE_GRID,
        reads=("history", "record"),
    ),
    "alignment": Family(
        "mean over layers of the largest alignment; rank and leading singular values of the last hidden "
        "layer.",
        ONE_GRID,
        reads=("alignment", "evolution", "record"),
    ),
    "gradients": Family("both ranks by layer.", ONE_GRID, reads=("gradients", "record")),
    "heat_maps": Family(
        "absolute cosines of the leading right singular vectors of the weights and left singular vectors of "
        "their input, by epoch and layer.",
        ONE_GRID_EPOCHS,
        reads=("alignment", "record"),
    ),
    "softmax_rank": Family(
        "post-softmax rank of random matrices of rank k against their scale.",
        NO_RUNS,
        theory=("softmax_rank",),
    ),
    "spectral_gap": Family(
        "gap, ratio and rank of the column softmax of a rank-one matrix, and inner products of its columns. "
        "The gap itself has no interior minimum in random draws; ratio and rank behave as claimed.",
        NO_RUNS,
        theory=("spectral_gap",),
    ),
    "orthodev_epochs": Family(
        "OrthoDev (Equation 4) of penultimate features through training.",
        ONE_GRID_OOD,
        reads=("evolution", "record"),
    ),
    "orthodev_layers": Family(
        "OrthoDev by layer, a line for each temperature.", GRIDS_OOD, reads=("collapse", "record")
    ),
    "initial_norms": Family("the norm of newly initialised networks, a point each.", NEW_NETWORKS),
    "init_schemes": Family(
        "rank of the last hidden layer against the initial norm of what softmax sees, a point a run.",
        PANELS,
        reads=("spectra", "history", "record"),
    ),
    "trade_off": Family(
        "NECO's AUROC and FPR95 against OOD probe accuracy at the last layer, a point a run.",
        GRIDS_OOD,
        reads=("probes", "detection", "record"),
    ),
    "rank_sensitivity": Family(
        "solution rank against the cut and the number of samples, kappa against its threshold, rho by final "
        "layer.",
        ONE_GRID_OOD,
        reads=("spectra", "probes", "depth", "record"),
    ),
    "neural_collapse": Family("NC1 to NC4 against temperature.", GRIDS, reads=("collapse", "record")),
    "neco_dimensions": Family(
        "NECO's AUROC against its number of components, and other scores beside it.",
        GRIDS_DETECTION,
        reads=("detection", "record"),
    ),
}

HIGHER = "The paper: the higher the temperature, the lower the solution's rank."
FAILS = "The paper: as Figure 11, with a temperature at which training fails."
COLLAPSED = "The paper: VGG-19 is collapsed at every temperature."
RANKS = "The paper: the post-softmax rank grows with the logits norm, not with the rank of the logits."
EARLY = (
    "The paper: alignment of weights and representations forms early, in deep layers, in the leading "
    "singular vectors."
)
BEYOND = "Beyond the paper."

FIGURES = {
    "fig1": Target(
        "layers",
        "The paper: a low logits norm lets fewer layers solve the task and harms transfer from the last "
        "ones.",
    ),
    "fig2": Target("logits_norm", "The paper: at high temperature networks must grow their logits norm."),
    "fig3": Target(
        "alignment",
        "The paper: at high temperature strong alignment forms in the first epochs, and the rank falls.",
    ),
    "fig4": Target(
        "gradients",
        "The paper: the rank of activations bounds that of gradients, and both collapse at high temperature.",
    ),
    "fig5": Target("logits_ranks", RANKS),
    "fig6": Target("softmax_rank", "The paper: the norm alone raises the rank after softmax."),
    "fig7": Target("orthodev_epochs", "The paper: training at high temperature lowers OrthoDev."),
    "fig8": Target(
        "initial_norms",
        "The paper: VGG-19 starts from logits norms orders of magnitude below those of ResNets.",
    ),
    "fig9": Target(
        "layers",
        "The paper: a temperature below one, matched to ResNet-18's initial norm, lessens VGG's collapse.",
    ),
    "fig10": Target("heat_maps", EARLY),
    "fig11": Target("layers", HIGHER),
    "fig12": Target("layers", HIGHER),
    "fig13": Target("layers", FAILS),
    "fig14": Target("layers", HIGHER),
    "fig15": Target("layers", COLLAPSED),
    "fig16": Target("layers", COLLAPSED),
    "fig17": Target(
        "init_schemes",
        "The paper: the initial logits norm predicts the final rank; matching norms equalises it; LayerNorm "
        "prevents collapse.",
    ),
    "fig18": Target("logits_ranks", RANKS),
    "fig19": Target("logits_ranks", RANKS),
    "fig20": Target("logits_ranks", RANKS),
    "fig21": Target(
        "spectral_gap",
        "The paper: the spectral gap is smallest, and the rank highest, at an intermediate temperature.",
    ),
    "fig22": Target(
        "orthodev_layers",
        "The paper: networks trained at high temperature reach low OrthoDev across layers.",
    ),
    "fig23": Target(
        "trade_off",
        "The paper (its picture is missing from the text): stronger OOD generalisation goes with weaker OOD "
        "detection.",
    ),
    "fig24": Target("heat_maps", EARLY),
    "fig25": Target("heat_maps", EARLY),
    # From the same stored numbers.
    "rank-sensitivity": Target("rank_sensitivity", BEYOND),
    "neural-collapse": Target("neural_collapse", BEYOND),
    "neco-dimensions": Target("neco_dimensions", BEYOND),
    "norm-controls": Target(
        "init_schemes",
        "Section 5: other ways to set the initial logits norm; and temperature against initialisation scale "
        "at equal norms.",
    ),
}


# --- Tables ----------------------------------------------------------------------------------------------
EFFECTS = (
    "effective depth kappa, OOD generalisation drop rho and solution rank, mean and standard deviation over "
    "seeds; a dash is a failed run."
)

TABLE_FAMILIES = {
    "effects": Family(
        EFFECTS,
        Form(("rows",), rows=Form(("grid",), ("ood",))),
        reads=("depth", "probes", "spectra", "record"),
        low_norm=True,
    ),
    "fine_grained": Family(
        EFFECTS,
        Form(("rows",), rows=Form(("grid",), ("ood",))),
        reads=("depth", "probes", "spectra", "record"),
    ),
    "detection_table": Family(
        "AUROC and FPR at 95 % true positives; every other score is in the csv.",
        Form(("rows",), rows=Form(("grid",), ("detection",))),
        reads=("detection", "record"),
        low_norm=True,
    ),
    "training_settings": Family("what the configuration says.", Form(("recipes",))),
    "probe_settings": Family("what the configuration says."),
}

TABLES = {
    "table1": Target(
        "effects", "The paper: a low logits norm lowers kappa and the solution rank and raises rho."
    ),
    "table2": Target("detection_table", "The paper: NECO detects better at low logits norm."),
    "table3": Target("effects", "The paper: VGG-19 is collapsed at T = 1 already."),
    "table4": Target("training_settings", "How networks are trained."),
    "table5": Target("probe_settings", "How linear probes are trained."),
    "table6": Target("effects", "The paper: the mean squared error on softmax outputs shows the same trend."),
    "table7": Target("fine_grained", "All temperatures, ten classes."),
    "table8": Target("fine_grained", "All temperatures, a hundred classes."),
    "table9": Target("fine_grained", "All temperatures, the largest data."),
}


def family_of(target: str) -> Family:
    """The family of a figure or table."""
    if target in FIGURES:
        return FIGURE_FAMILIES[FIGURES[target].family]
    return TABLE_FAMILIES[TABLES[target].family]


def sortable(target: str) -> str:
    """What the report's list has: it sorts as text, `02` before `10`, and `beyond` after both."""
    number = target.removeprefix("fig").removeprefix("table")
    return f"{int(number):02d}" if number.isdigit() else target


def caption(target: str) -> str:
    """What the report says of a figure or table: what the paper claims, and what is shown."""
    claim = FIGURES[target].claim if target in FIGURES else TABLES[target].claim
    return f"{claim} Shown: {family_of(target).shows}"
