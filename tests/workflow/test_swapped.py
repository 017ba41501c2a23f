"""A file of another run in a run's place, through the real Snakemake: one line, and its remedy works."""

import shutil

TWO = {"study.yaml": lambda text: text.replace("temperatures: [1]", "temperatures: [1, 10]")}
RUNS = "out/runs/glyphs10/small-mlp/base"


def test_a_swapped_file_is_named_and_made_again(workflow):
    site = workflow.root / "swapped"
    drawn = site / "out/figures/fig1.csv"

    def figures():
        return workflow.snakemake("all_figures", "--cores", "2", folder="swapped")

    def refused() -> set[str]:
        done = figures()
        assert done.returncode == 1
        assert "Traceback" not in done.stdout + done.stderr
        return {line for line in done.stderr.splitlines() if line.startswith("error: ")}

    def swapped_and_back(name: str, again: str):
        """Put the file of T = 10 in the place of T = 1's; delete it, as the message says, and the figure."""
        shutil.copy(site / RUNS / "T10/seed0" / name, site / RUNS / "T1/seed0" / name)
        said = "belongs to another result: its temperature is 10, not 1; delete it, and it is"
        assert refused() == {f"error: {RUNS}/T1/seed0/{name}: {said} {again} again"}
        (site / RUNS / "T1/seed0" / name).unlink()
        drawn.unlink(missing_ok=True)
        assert figures().returncode == 0
        assert drawn.read_bytes() == sound

    with workflow.edited(TWO):
        assert figures().returncode == 0
        sound = drawn.read_bytes()
        swapped_and_back("depth.parquet", "made")
        swapped_and_back("model.safetensors", "trained")
