"""The stored spectra of a run as rows: one for each point, matrix and split."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from unpacking_softmax.errors import ArtefactError

# Tensor name after the point -> (split, matrix)
MATRICES = {
    "spectrum": ("train", "raw"),
    "spectrum_centred": ("train", "feature_centred"),
    "spectrum_class_centred": ("train", "class_centred"),
    "spectrum_without_bias": ("train", "without_bias"),
    "test_spectrum": ("test", "raw"),
    "test_spectrum_class_centred": ("test", "class_centred"),
    "test_spectrum_without_bias": ("test", "without_bias"),
}


def spectra_rows(activations: str | Path) -> list[dict]:
    """Rows (point, index, split, matrix, n, d, sigma) from a file of compact activations.

    index: 1-based place of the point in the network. sigma: descending singular values of the
    n x d matrix, float64. Raises ArtefactError for a damaged file.
    """
    try:
        with safe_open(activations, framework="numpy") as file:
            points = file.metadata()["points"].split(",")
            samples = {split: len(file.get_tensor(f"{split}.labels")) for split in ("train", "test")}
            return [
                {
                    "point": point,
                    "index": index,
                    "split": split,
                    "matrix": matrix,
                    "n": samples[split],
                    "d": len(file.get_tensor(f"{point}.mean")),
                    "sigma": file.get_tensor(f"{point}.{name}"),
                }
                for index, point in enumerate(points, start=1)
                for name, (split, matrix) in MATRICES.items()
                if f"{point}.{name}" in file.keys()  # noqa: SIM118
            ]
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise ArtefactError(f"{activations}: {error}; delete it, and it is made again") from error
