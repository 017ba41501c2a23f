"""A study merged without Snakemake is the one that Snakemake merges."""

import pytest
import yaml
from snakemake.utils import update_config

from study_files import PROJECT
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.config_files import merged

DEFAULTS = PROJECT / "config" / "defaults.yaml"
STUDIES = [
    *(path for path in (PROJECT / "config").glob("*.yaml") if path != DEFAULTS),
    *(PROJECT / "tests" / "studies").glob("*.yaml"),
]


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.stem)
def test_studies_are_merged_as_snakemake_does(study):
    expected = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))
    update_config(expected, yaml.safe_load(study.read_text(encoding="utf-8")))
    assert merged(DEFAULTS, study) == expected


@pytest.mark.parametrize(
    "over", [{"a": 1}, {"a": {}}, {"a": {"b": None}}, {"a": None}, {"a": {"b": {"c": 1}}}]
)
@pytest.mark.parametrize("below", [{}, {"a": 2}, {"a": {"b": 2, "d": 3}}, {"a": [1]}])
def test_whatever_lies_below(tmp_path, below, over):
    files = [tmp_path / "below.yaml", tmp_path / "over.yaml"]
    for file, values in zip(files, (below, {"a": over}), strict=True):
        file.write_text(yaml.safe_dump(values))
    expected = yaml.safe_load(files[0].read_text())
    update_config(expected, {"a": over})
    assert merged(*files) == expected


def test_a_file_without_keys_is_refused(tmp_path):
    (tmp_path / "study.yaml").write_text("- a\n")
    with pytest.raises(StudyError, match="holds no keys"):
        merged(DEFAULTS, tmp_path / "study.yaml")
