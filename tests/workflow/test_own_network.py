"""Networks that a study brings along: a function in a file, a name of timm's; trained, measured, refused."""

import pandas as pd
import pytest
import safetensors.torch

RUN = "out/runs/glyphs10/small-mlp/base/T1/seed0"
KINDS = ("spectra", "probes", "depth", "alignment", "gradients", "collapse", "detection")
MODEL = '''"""A small network with one activation for both convolutions."""

from torch import nn


class Small(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.act = nn.ReLU()
        self.fc = nn.Linear(12, classes)

    def forward(self, x):
        return self.fc(self.act(self.conv2(self.act(self.conv1(x)))).mean((2, 3)))


def build(classes, image_size):
    return Small(classes)
'''


def study(network):
    """reruns.yaml with this network, and everything measured of its run."""

    def change(text):
        text = text.replace("{network: mlp, depth: 3, width: 16,", f"{{network: {network},")
        return text.replace("ood: [digits]}", "ood: [digits], detection: [digits], snapshots: true}")

    return {"study.yaml": change}


@pytest.fixture(scope="module")
def own(new_workflow):
    """A workflow with the model's file in the folder that Snakemake works in."""
    workflow = new_workflow("own")
    (workflow.root / "site").mkdir()
    (workflow.root / "site" / "mine.py").write_text(MODEL)
    return workflow


def ran(workflow, *words):
    done = workflow.snakemake(*words, "--cores", "2")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_network_of_ones_own_is_trained_and_measured(own):
    with own.edited(study("mine.py:build")):
        ran(own, *(f"{RUN}/{kind}.parquet" for kind in KINDS), "out/figures/fig1.pdf")
        assert own.planned() == {"figure fig2"}
    run = own.root / "site" / RUN
    shapes = {
        name: tuple(x.shape) for name, x in safetensors.torch.load_file(run / "model.safetensors").items()
    }
    assert shapes["conv1.weight"] == (8, 3, 3, 3)
    assert shapes["fc.weight"] == (10, 12)
    probes = pd.read_parquet(run / "probes.parquet")
    assert list(dict.fromkeys(probes["point"])) == ["act#1", "act#2", "logits"]
    assert "running mine.py, code " in "".join(p.read_text() for p in own.root.rglob("train/**/*.log"))


def test_only_an_edit_of_its_code_trains_it_anew(own):
    model = "site/mine.py"
    with own.edited(study("mine.py:build")):
        with own.edited(
            {model: lambda text: text.replace("A small network", "Mine").replace("\n\n\n", "\n\n")}
        ):
            assert own.planned() == {"figure fig2"}
        with own.edited({model: lambda text: text.replace("nn.ReLU()", "nn.GELU()")}):
            again = own.planned()
    assert {"train T1/seed0", "extract T1/seed0", "probe T1/seed0", "figure fig1"} <= again
    assert not any(job.startswith("prepare_dataset") for job in again)


def test_a_network_of_timms_is_trained(own):
    with own.edited(study("timm/test_resnet")):
        ran(own, f"{RUN}/model.safetensors")
    weights = safetensors.torch.load_file(own.root / "site" / RUN / "model.safetensors")
    assert weights["fc.weight"].shape[0] == 10


PLANNED = {
    "missing": ("other.py:build", {}, "there is no other.py in the folder that Snakemake works in"),
    "no function": ("mine.py:bild", {}, "mine.py defines no bild (did you mean 'build'?)"),
    "syntax": ("mine.py:build", {"return Small(classes)": "return ("}, "mine.py is no Python ("),
    "beside": (
        "mine.py:build",
        {"from torch import nn": "import layers"},
        "mine.py imports layers from beside",
    ),
    "unknown": ("mine.py", {}, "is not a known network; known: "),
}
RUNNING = {
    "softmax": ({".mean((2, 3)))": ".mean((2, 3))).softmax(1)"}, "it returns probabilities, must return raw"),
    "shape": ({"(12, classes)": "(12, 7)"}, "of 2 images it returns (2, 7), must return raw logits of"),
    "fails": ({"return Small(classes)": "return Small()"}, "build(10, 16) fails: TypeError: "),
}


def edited(changes):
    def change(text):
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        return text

    return {"site/mine.py": change}


@pytest.mark.parametrize("case", PLANNED)
def test_what_planning_sees_is_one_line(own, case):
    network, changes, said = PLANNED[case]
    (own.root / "site" / "layers.py").touch()
    with own.edited(study(network) | edited(changes)):
        done = own.snakemake("all_figures", "--cores", "1", "-n")
    assert done.returncode == 1
    printed = done.stdout + done.stderr  # a dry run's errors go to the former
    (line,) = [line for line in printed.splitlines() if said in line]
    assert line.startswith(f"config: architectures.small-mlp.network = {network!r}")
    assert "Traceback" not in printed


@pytest.mark.parametrize("case", RUNNING)
def test_what_the_network_shows_is_one_line_of_its_job(own, case):
    changes, said = RUNNING[case]
    with own.edited(study("mine.py:build") | edited(changes)):
        done = own.snakemake(f"{RUN}/model.safetensors", "--cores", "1")
    assert done.returncode == 1
    lines = [line for line in (done.stdout + done.stderr).splitlines() if said in line]
    (message,) = {line[line.index("network mine.py:build: ") :] for line in lines}
    assert message.startswith(f"network mine.py:build: {said}")
