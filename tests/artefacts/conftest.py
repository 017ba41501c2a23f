"""What several tests of archives begin with."""

import pytest

from made_up_archive import made, packed


@pytest.fixture
def places(tmp_path, monkeypatch):
    """The folder of results, an archive of it, and an empty place elsewhere, which is worked in."""
    here, there = made(tmp_path / "here"), tmp_path / "there"
    there.mkdir()
    archive = packed(here, monkeypatch)
    monkeypatch.chdir(there)
    return here, archive, there
