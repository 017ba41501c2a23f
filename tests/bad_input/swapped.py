"""Two runs that are alike but for their temperature, and how a file in the wrong place is refused."""

from pathlib import Path

import pytest

from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.study.paths import Paths, Run

ONE, TEN = (Run("tiny", "mlp", "base", temperature, 0) for temperature in ("1", "10"))
PATHS = Paths("out")
ANOTHER_RUN = "belongs to another result: its temperature is 10, not 1"


def refused(path: Path, function, *arguments) -> str:
    """What a file is refused with, less its name in front."""
    with pytest.raises(ArtefactError) as caught:
        function(*arguments)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message.removeprefix(f"{path}: ")
