"""Code that stands for older code: changes that were accepted without running anything again.

What a job depends on holds a hash of the code that it runs (`settings.py`), so that a changed module
runs again whatever it made. Where a person is sure that a change alters no number, `accept` writes
down that the new code stands for the old, and the new code goes by the old one's hash. What results
say of their making stays: a `run.json` names the commit that ran.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.files import replacing


class Accepted:
    """What the file at `path` accepts, by rule and hash; nothing where there is no such file.

    Raises StudyError where the file is damaged.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._known = _read(self.path) if self.path.exists() else {}

    def stands_for(self, rule: str, code: str) -> str:
        """The hash that code of a rule goes by: its own, unless it was accepted for older code's."""
        return self._known.get(rule, {}).get(code, {"stands_for": code})["stands_for"]

    def accept(self, changes: Mapping[str, tuple[str, str]], reasons: Mapping[str, str]) -> None:
        """From now on a rule's code goes by what older code goes by: kept in the file, with the reasons.

        changes: the code and the older code, by rule. Raises StudyError, and accepts none of them,
        where the two go by one hash already.
        """
        known = {rule: dict(entries) for rule, entries in self._known.items()}
        for rule, (code, old) in changes.items():
            stands_for = self.stands_for(rule, old)
            if self.stands_for(rule, code) == stands_for:
                raise StudyError(f"{rule}: nothing to accept, its code goes by the same hash as then")
            known.setdefault(rule, {})[code] = {"stands_for": stands_for, **reasons}
        with replacing(self.path) as draft:
            draft.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        self._known = known


def _read(path: Path) -> dict:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(e["stands_for"], str) for entries in known.values() for e in entries.values()):
            return known
    except (OSError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
        pass  # said below, in words
    raise StudyError(f"{path}: damaged; restore it, or delete it and accept the code anew")
