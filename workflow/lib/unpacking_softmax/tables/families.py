"""Which module makes the tables of a family: `make(view, files)` gives a table to print.

As `plots/families.py`, and out of the code hash for the same reason.
"""

from unpacking_softmax.tables import (
    detection_table,
    effects,
    fine_grained,
    probe_settings,
    training_settings,
)

FAMILIES = {
    "detection_table": detection_table,
    "effects": effects,
    "fine_grained": fine_grained,
    "probe_settings": probe_settings,
    "training_settings": training_settings,
}
