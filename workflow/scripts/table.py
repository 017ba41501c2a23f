"""Rule table: hands over to the script of its family.

The rule names this one, since `snakemake --report` cannot look up a script whose name depends on the job.
"""

import runpy
from pathlib import Path

family = snakemake.params.settings["family"]
runpy.run_path(str(Path(snakemake.scriptdir, f"table_{family}.py")), init_globals={"snakemake": snakemake})
