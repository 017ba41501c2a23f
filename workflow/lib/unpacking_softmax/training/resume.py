"""Everything an interrupted run needs to go on to the same numbers: kept in memory, written to a file."""

import json
import logging
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.training.step import Step

log = logging.getLogger(__name__)


class Checkpoint:
    """Where a training stood after its last finished epoch.

    Weights, batch-norm statistics, momenta, and `history`, one dict an epoch. The order of samples
    and the augmentation are functions of seed and epoch: nothing to keep.
    """

    def __init__(self, path: Path, step: Step, fingerprint: str):
        self.path, self.step, self.fingerprint = path, step, fingerprint
        self._kept: tuple[dict[str, Tensor], list[dict]] = ({}, [])

    @property
    def history(self) -> list[dict]:
        return self._kept[1]

    def keep(self, row: dict) -> None:
        """Copy the state after the epoch that `row` describes."""
        tensors = {name: value.clone() for name, value in self._moving().items()}
        # One assignment: a signal finds the old state or the new one.
        self._kept = (tensors, [*self.history, row])

    def restore(self) -> None:
        """Take the step back to the state kept last."""
        for name, value in self._moving().items():
            value.copy_(self._kept[0][name])

    def write(self) -> None:
        """Write the state kept last to the resume file."""
        tensors, history = self._kept
        tensors = {name: value.contiguous().cpu() for name, value in tensors.items()}
        metadata = {"fingerprint": self.fingerprint, "history": json.dumps(history)}
        with replacing(self.path) as draft:
            safetensors.torch.save_file(tensors, draft, metadata)

    def read(self) -> bool:
        """Take the step to where the resume file left it; False if there is nothing to resume.

        A file that is damaged or was written under other settings, data or code is set aside, not used.
        """
        if not self.path.exists():
            return False
        try:
            with safe_open(self.path, "pt") as archive:
                metadata = archive.metadata()
                if metadata["fingerprint"] != self.fingerprint:
                    return self._set_aside("it belongs to other settings, data or code")
                tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
            self._kept = (tensors, json.loads(metadata["history"]))
        except (SafetensorError, KeyError, OSError, TypeError, ValueError) as error:
            return self._set_aside(f"it cannot be read ({error})")
        self.restore()
        log.info("resuming %s after epoch %d", self.path, self.history[-1]["epoch"])
        return True

    def _moving(self) -> dict[str, Tensor]:
        weights = {f"model.{name}": value for name, value in self.step.model.state_dict().items()}
        return weights | {f"velocity.{i}": value for i, value in enumerate(self.step.sgd.velocities)}

    def _set_aside(self, reason: str) -> bool:
        aside = self.path.with_suffix(".unused")
        self.path.replace(aside)
        log.warning("not resuming from %s: %s; kept as %s", self.path, reason, aside.name)
        return False
