"""Coverage-guided fuzzing with atheris (libFuzzer), for as long as one likes: `make fuzz`.

    python tests/bad_input/fuzz.py SECONDS [TARGET ...]

Each target gets its share of the seconds in a process of its own, which begins from sound files. What
fails is kept as .fuzz/TARGET-crash-...; the exit status is then 1. Atheris has wheels for Linux on x86-64;
elsewhere the tests of test_fuzz.py judge by the same targets.
"""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path[:0] = [str(PROJECT / "workflow" / "lib"), str(HERE.parent), str(HERE)]
KEPT = PROJECT / ".fuzz"
# What libFuzzer changes is the tar below the gzip: what is compressed it would hardly get past the checksum.
BELOW_GZIP = "archive"
NAMES = ("config_file", BELOW_GZIP, "image", "artefact")


def seeds(name: str) -> Iterator[bytes]:
    """Sound input of a target."""
    if name == "config_file":
        yield from (path.read_bytes() for path in (PROJECT / "tests" / "studies").glob("*.yaml"))
    if name == "archive":
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:
            for file in ("data_batch_1", "batches.meta"):
                tar.addfile(tarfile.TarInfo(f"cifar-10-batches-py/{file}"))
        yield buffer.getvalue()
    if name == "image":
        from PIL import Image

        for form in ("PNG", "JPEG", "WEBP", "BMP", "GIF", "PPM", "TIFF"):
            buffer = io.BytesIO()
            Image.effect_noise((9, 7), 50).convert("RGB").save(buffer, form)
            yield buffer.getvalue()
    if name == "artefact":
        header = json.dumps({"__metadata__": {"dataset": "{}"}}).encode()
        yield len(header).to_bytes(8, "little") + header


def fuzz(name: str, seconds: str, corpus: str) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["unpacking_softmax", "tarfile", "gzip", "yaml", "PIL"]):
        import targets
    target = getattr(targets, name)

    def once(data: bytes) -> None:
        target(gzip.compress(data, 1) if name == BELOW_GZIP else data)

    options = [
        f"-max_total_time={seconds}",
        "-timeout=60",
        "-max_len=65536",
        f"-artifact_prefix={KEPT}/{name}-",
    ]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], once)
    atheris.Fuzz()


def main(seconds: float, names: list[str]) -> int:
    """Fuzz each target in its process; returns the exit status."""
    KEPT.mkdir(exist_ok=True)
    failed = []
    for name in names:
        share = max(1, round(seconds / len(names)))
        with tempfile.TemporaryDirectory() as corpus:
            for i, seed in enumerate(seeds(name)):
                Path(corpus, f"seed{i}").write_bytes(seed)
            command = [sys.executable, __file__, "--one", name, str(share), corpus]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        runs = [
            line for line in done.stderr.splitlines() if line.startswith(("Done ", "stat::number_of_exec"))
        ]
        print(f"{name}: {share} s, exit status {done.returncode}, {'; '.join(runs)}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout[-2000:], done.stderr[-4000:])
    return int(bool(failed))


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        fuzz(*sys.argv[2:])
    sys.exit(main(float(sys.argv[1]), sys.argv[2:] or list(NAMES)))
