"""What a process runs on: the commit, the versions, the device."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).resolve().parent


def runtime(device) -> dict:
    """Commit, versions and device name of this process, for `run.json`. device: a torch.device."""
    import torch  # `commit` is asked where no torch is wanted

    on_cuda = device.type == "cuda"
    return {
        "commit": commit(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": metadata.version("torchvision"),
        "cuda": torch.version.cuda if on_cuda else None,
        "device": torch.cuda.get_device_name(device) if on_cuda else platform.machine(),
    }


def commit() -> str | None:
    """What git calls this code, "-dirty" if it was changed since; None where git does not know it."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
