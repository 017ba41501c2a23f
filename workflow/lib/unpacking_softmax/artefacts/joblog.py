"""What a job leaves in its log, and what the person at the terminal sees when it fails."""

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unpacking_softmax.artefacts.errors import UserError


@contextmanager
def job_log(path: str) -> Iterator[None]:
    """Write log records, warnings and the traceback of a failure to `path`.

    A UserError becomes one line on the terminal and exit status 1; anything else also shows there.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=path,
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
        force=True,
    )
    logging.raiseExceptions = False  # a log that the disk refuses must not hide why the job fails
    # It tells every step of putting a font into a pdf: thousands of lines for a figure.
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    try:
        yield
    except UserError as error:
        logging.error("%s", error)
        sys.exit(f"error: {error}")
    except Exception:
        logging.exception("the job failed")
        raise


def tell(line: str) -> None:
    """A line that should not go unread: a warning in the job's log, and shown at the terminal."""
    logging.warning("%s", line)
    print(line, file=sys.stderr)
