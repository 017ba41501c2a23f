"""Files are replaced whole or not at all."""

import pytest

from unpacking_softmax.artefacts.files import replacing


def test_writes_and_makes_folders(tmp_path):
    path = tmp_path / "a" / "b" / "table.csv"
    with replacing(str(path)) as draft:
        assert draft.suffix == ".csv"
        assert draft.parent == path.parent
        draft.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("old", [None, "old"])
def test_failure_leaves_what_was_there(tmp_path, old):
    path = tmp_path / "table.csv"
    if old is not None:
        path.write_text(old)

    def write_half():
        with replacing(path) as draft:
            draft.write_text("ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert [p.read_text() for p in tmp_path.iterdir()] == ([] if old is None else [old])


def test_replaces_an_older_file(tmp_path):
    path = tmp_path / "table.csv"
    for text in ("old", "new"):
        with replacing(path) as draft:
            draft.write_text(text)
    assert path.read_text() == "new"


def test_block_that_writes_nothing_is_an_error(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(path):
        pass
    assert path.read_text() == "old"
