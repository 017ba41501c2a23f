"""Writing files so that a reader sees the old one, the new one, or none: never half of one."""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unpacking_softmax.artefacts.errors import DataError, OutputError

# What the system says when a disk or folder does not take a file, and what mends it.
REFUSALS = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "raise the limit on the size of files",
    errno.EROFS: "write elsewhere (the study's `results`, the data set's `root`)",
    errno.EACCES: "get the right to write there",
    errno.EPERM: "get the right to write there",
    errno.ENOTDIR: "remove the file that stands where a folder should",
    errno.EEXIST: "remove the file that stands where a folder should",
    errno.ENAMETOOLONG: "shorten the names in the study",
}
# The same for what it does not let us read, whatever the file holds.
KEPT_BACK = {
    errno.EACCES: "get the right to read it",
    errno.EPERM: "get the right to read it",
    errno.EIO: "see to the disk",
    errno.ESTALE: "see to the connection to its disk",
    errno.ETIMEDOUT: "see to the connection to its disk",
}


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; move it into place if the block succeeds.

    The temporary name keeps the suffix (writers choose a format by it) and is removed on failure.
    Raises OutputError where the disk or the folder does not take the file.
    """
    path = Path(path)
    draft = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            with open(draft, "rb") as written:
                os.fsync(written.fileno())
            draft.chmod(0o666 & ~_umask())  # some writers ask for the owner alone
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def _umask() -> int:
    """The permissions that new files of this process lack; asking sets them, for a moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def reporting(path: str | Path) -> Iterator[None]:
    """Raise OutputError in place of the system's own error where `path` cannot be written."""
    try:
        yield
    except Exception as error:
        if code := refusal(error):
            remedy = f"{REFUSALS[code]} and start again; what is finished is kept"
            raise OutputError(f"{path}: cannot be written ({os.strerror(code)}); {remedy}") from error
        raise


def refusal(error: Exception) -> int | None:
    """The number of a system's error, if it is one of REFUSALS."""
    code = error.errno if isinstance(error, OSError) else None
    if found := re.search(r"os error (\d+)", str(error)):  # safetensors has it in its text alone
        code = int(found[1])
    return code if code in REFUSALS else None


def unreadable(path: str | Path, error: OSError) -> DataError:
    """The error for a file or folder of the user's that the system does not read."""
    remedy = KEPT_BACK.get(error.errno, "see what it is")
    return DataError(f"{path}: cannot be read ({os.strerror(error.errno)}); {remedy}")
