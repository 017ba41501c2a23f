"""What a person at the terminal sees when a study is wrong."""


def test_a_mistake_in_the_study_is_one_line_and_no_job(workflow):
    with workflow.edited({"study.yaml": lambda text: text.replace("steps: 5", "step: 5")}):
        done = workflow.snakemake("all_figures", "--cores", "1", folder="refused")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "config: " in line]
    assert len(said) == 1
    assert said[0].strip().startswith("config: probes has the unknown key 'step' (did you mean 'steps'?)")
    assert "Traceback" not in done.stderr
    assert not (workflow.root / "refused" / "out").exists()
