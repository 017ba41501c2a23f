"""A full disk, a folder that cannot be written, results deleted under a run, two Snakemakes at once."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults import jobs_of

pytestmark = pytest.mark.slow


def mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", "-t", "tmpfs", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"may not mount a file system here: {done.stderr.strip()}")


@contextmanager
def disk(path: Path, options: str) -> Iterator[None]:
    """A small file system of its own at `path`."""
    path.mkdir(parents=True)
    mount("-o", options, "tmpfs", path)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


# The first data set alone has 0.4 MB; all results together, a good one.
@pytest.mark.parametrize("size", ["250k", "700k"], ids=["data", "later"])
def test_full_disk(site, size):
    with disk(site.out, f"size={size}"):
        status, said = site.run()
        assert status != 0
        assert "No space left on device" in said
        assert not [path for path in site.out.glob("**/.*") if path.is_file()]
        mount("-o", "remount,size=100m", "tmpfs", site.out)
        assert site.run()[0] == 0
        assert site.is_made()


def test_folder_that_cannot_be_written(site):
    with disk(site.out, "size=100m,ro"):
        status, said = site.run()
        assert status != 0
        assert "Read-only file system" in said
        mount("-o", "remount,rw", "tmpfs", site.out)
        assert site.run()[0] == 0
        assert site.is_made()


def test_results_deleted_in_the_middle(site):
    snakemake = site.start()
    while "train" not in [script for _, script in jobs_of(snakemake.pid)]:
        assert snakemake.poll() is None
        time.sleep(0.05)
    while site.out.exists():  # jobs go on writing meanwhile
        shutil.rmtree(site.out, ignore_errors=True)
    said = "".join(snakemake.communicate())
    assert snakemake.returncode != 0
    assert "data/glyphs10.safetensors" in said
    assert site.run()[0] == 0
    assert site.is_made()


def test_second_snakemake_is_refused(site):
    target = "out/runs/glyphs10/small-mlp/base/T1/seed0/model.safetensors"
    first = site.start(target, "--cores", "1")
    while not jobs_of(first.pid):
        assert first.poll() is None
        time.sleep(0.05)
    status, said = site.run(target, "--cores", "1")
    assert status != 0
    assert "Directory cannot be locked" in said
    first.communicate()
    assert first.returncode == 0
    assert (site.folder / target).exists()
