"""Every number printed in Tables 1-3 and 6-9 of the paper, as data.

kappa, rho, AUROC and FPR95 are per cent, SR counts. Where the paper prints another value for the same
network at the same temperature elsewhere, `elsewhere` says which: it disagrees with itself there.
"""

from dataclasses import dataclass

BASELINE, LOW = "baseline", "low"
CLASSES = {"CIFAR-10": 10, "CIFAR-100": 100, "ImageNet-100": 100, "ImageNet-1k": 1000}
# The paper's networks by name, with their families.
NETWORKS = {
    "mlp": "mlp",
    "vgg19": "vgg",
    "resnet18": "resnet",
    "resnet20": "resnet",
    "resnet34": "resnet",
    "resnet50": "resnet",
    "vit_base_patch16_224": "vit",
}
# The paper gives resized CIFAR to networks for images of this size, and calls it CIFAR still.
RESIZED = " at 224 px"


@dataclass(frozen=True)
class Printed:
    """One printed number. condition: "baseline", "low", or "T = x"."""

    table: str
    dataset: str
    architecture: str
    condition: str
    measure: str
    value: float | None  # None: printed as "-", training did not finish
    elsewhere: str = ""


# Tables 1, 3 and 6: data set, network, (kappa, rho, SR) of the baseline, of low logits norm.
_EFFECTS = {
    "table1": [
        ("CIFAR-10", "mlp", (75, 67, 9), (38, 78, 9)),
        ("CIFAR-10", "resnet18", (100, 29, 9), (67, 54, 9)),
        ("CIFAR-10", "resnet20", (100, 10, 9), (75, 34, 9)),
        ("CIFAR-100", "resnet18", (100, 19, 99), (83, 50, 59)),
        ("CIFAR-100", "resnet34", (100, 16, 99), (68, 51, 72)),
        ("ImageNet-100", "resnet34", (100, 6, 99), (85, 52, 42)),
        ("ImageNet-100", "resnet50", (100, 5, 99), (78, 50, 27)),
        ("ImageNet-1k", "resnet34", (100, 5, 512), (82, 23, 122)),
        ("ImageNet-1k", "resnet50", (100, 5, 947), (78, 22, 128)),
    ],
    "table3": [
        ("CIFAR-10", "vgg19", (47, 64, 9), (53, 64, 9)),
        ("CIFAR-100", "vgg19", (58, 58, 73), (58, 53, 45)),
    ],
    "table6": [("CIFAR-100", "resnet34", (100, 10, 99), (90, 20, 95))],
}

# Tables 7 to 9: data set, network, temperatures, (kappa, rho, SR) at each; None: did not finish.
_FINE_GRAINED = {
    "table7": [
        ("CIFAR-10", "resnet18", (1, 10, 100, 1000), [(100, 8, 9), (88, 42, 9), (81, 49, 9), (81, 52, 9)]),
        ("CIFAR-10", "resnet20", (1, 10, 100, 1000), [(100, 10, 9), (94, 24, 9), (83, 34, 9), None]),
        ("CIFAR-10", "vgg19", (1, 10, 50, 100), [(53, 64, 9), (59, 65, 9), (59, 66, 9), (59, 63, 9)]),
    ],
    "table8": [
        (
            "CIFAR-100",
            "resnet18",
            (1, 10, 100, 200),
            [(100, 10, 99), (94, 30, 99), (88, 48, 94), (81, 43, 57)],
        ),
        (
            "CIFAR-100",
            "resnet34",
            (1, 10, 100, 200),
            [(100, 12, 99), (91, 37, 99), (72, 49, 90), (72, 50, 61)],
        ),
        ("CIFAR-100", "vgg19", (1, 10, 50, 100), [(53, 69, 74), (53, 62, 55), (53, 68, 46), (53, 69, 45)]),
    ],
    "table9": [
        (
            "ImageNet-1k",
            "resnet34",
            (1, 10, 100, 1000),
            [(100, 5, 512), (94, 2, 462), (94, 11, 262), (82, 23, 122)],
        ),
        (
            "ImageNet-1k",
            "resnet50",
            (1, 10, 100, 1000),
            [(100, 5, 947), (100, 2, 509), (90, 14, 249), (78, 22, 128)],
        ),
    ],
}

# Table 2, NECO: data sets, network, (AUROC, FPR95) of the baseline, of low logits norm.
_DETECTION = [
    ("CIFAR-100 → CIFAR-10", "resnet18", (63.66, 90.44), (77.04, 80.13)),
    ("CIFAR-100 → CIFAR-10", "resnet34", (62.36, 91.13), (76.37, 79.27)),
    ("CIFAR-100 → CIFAR-10", "vit_base_patch16_224", (92.38, 40.01), (93.96, 30.92)),
    ("CIFAR-10 → CIFAR-100", "resnet18", (77.75, 73.29), (87.53, 55.87)),
    ("CIFAR-10 → CIFAR-100", "resnet34", (73.96, 73.60), (86.18, 57.23)),
    ("CIFAR-10 → CIFAR-100", "vit_base_patch16_224", (98.09, 9.51), (98.33, 8.87)),
]

_CELLS: dict[tuple[str, str, str, str], tuple | None] = {
    **{
        (table, dataset, network, condition): values
        for table, rows in _EFFECTS.items()
        for dataset, network, base, low in rows
        for condition, values in ((BASELINE, base), (LOW, low))
    },
    **{
        (table, dataset, network, f"T = {temperature}"): values
        for table, rows in _FINE_GRAINED.items()
        for dataset, network, temperatures, cells in rows
        for temperature, values in zip(temperatures, cells, strict=True)
    },
}
# One row for a low norm; Tables 7 to 9 have one for each temperature.
COARSE = ("table1", "table3")
_EFFECT_MEASURES = ("kappa", "rho", "sr")
# Tables 1 and 3 do not say which temperature is "low". For each network the one of Tables 7 and 8 whose row
# is nearest to what they print: there the other place is named.
_LIKELY_LOW = {
    ("CIFAR-10", "resnet18"): "T = 1000",
    ("CIFAR-10", "resnet20"): "T = 100",
    ("CIFAR-10", "vgg19"): "T = 100",
    ("CIFAR-100", "resnet18"): "T = 200",
    ("CIFAR-100", "resnet34"): "T = 200",
    ("CIFAR-100", "vgg19"): "T = 100",
}
# Tables 7 and 8 have another axis of kappa, whose percentages fit the same layers but for this network: its
# 58 is 11/19, its 53 is 9/17, which is not the same layer whether they count from zero or from one.
_OTHER_LAYER = {("CIFAR-100", "vgg19")}


def printed_numbers() -> list[Printed]:
    """All printed numbers, in the order of the tables."""
    numbers = []
    for (table, dataset, network, condition), values in _CELLS.items():
        numbers += _three(table, dataset, network, condition, values)
    for dataset, network, base, low in _DETECTION:
        for condition, values in ((BASELINE, base), (LOW, low)):
            for measure, value in zip(("auroc", "fpr95"), values, strict=True):
                numbers.append(Printed("table2", dataset, network, condition, measure, value))
    return sorted(numbers, key=lambda number: number.table)


def _three(table: str, dataset: str, network: str, condition: str, values: tuple | None) -> list[Printed]:
    return [
        Printed(
            table,
            dataset,
            network,
            condition,
            measure,
            value,
            _elsewhere(table, dataset, network, condition, measure),
        )
        for measure, value in zip(_EFFECT_MEASURES, values or (None,) * 3, strict=True)
    ]


def _elsewhere(table: str, dataset: str, network: str, condition: str, measure: str) -> str:
    """What the paper prints for the same elsewhere; nothing where one of those cells says the same."""
    if measure == "kappa" and (dataset, network) not in _OTHER_LAYER:
        return ""
    place = _EFFECT_MEASURES.index(measure)
    here = _CELLS[table, dataset, network, condition]
    there = {cell: values for cell in _same(table, dataset, network, condition) if (values := _CELLS[cell])}
    found = [values[place] for values in there.values()]
    if here is None or here[place] in found or not found:
        return ""
    other = next(iter(there))[0]
    where = ", ".join(cell[-1].removeprefix("T = ") for cell in there)
    prefix = "T = " if other in _FINE_GRAINED else ""
    return f"{', '.join(map(str, found))} in {name_of(other)} ({prefix}{where})"


def _same(table: str, dataset: str, network: str, condition: str) -> list[tuple]:
    """The cells of other tables that should be the same: of "low", every temperature above 1."""
    cells = [cell for cell in _CELLS if cell[1:3] == (dataset, network) and cell[0] != table]
    if table in _FINE_GRAINED:
        coarse = {"T = 1": BASELINE, _LIKELY_LOW.get((dataset, network)): LOW}.get(condition)
        return [cell for cell in cells if cell[0] in COARSE and cell[-1] == coarse]
    if table not in COARSE:
        return []
    return [
        cell
        for cell in cells
        if cell[0] in _FINE_GRAINED and (cell[-1] == "T = 1") == (condition == BASELINE)
    ]


def name_of(table: str) -> str:
    """`Table 7` for `table7`."""
    return f"Table {table.removeprefix('table')}"


def papers_label(label: str) -> str:
    """A label as the paper would have it: `CIFAR-100` for `CIFAR-100 at 224 px`."""
    return label.removesuffix(RESIZED)
