"""How probes are trained by default: Table 5, as config/defaults.yaml has it."""

import yaml

from study_files import PROJECT
from unpacking_softmax.measures.probe import ProbeSettings

_DEFAULTS = yaml.safe_load((PROJECT / "config" / "defaults.yaml").read_text(encoding="utf-8"))["probes"]
TABLE_5 = ProbeSettings(**{name: value for name, value in _DEFAULTS.items() if name not in ("seed", "seeds")})
