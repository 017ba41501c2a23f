"""Epochs: their axis in figures of snapshots, and the snapshot that is nearest to an epoch."""

import pandas as pd
from matplotlib.axes import Axes

TICKS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
EPOCH = "epoch (0: initialisation)"


def epoch_axis(axis: Axes, last: int, narrow: bool = False) -> None:
    """Epochs from 0, the initialisation, to `last`: logarithmic from 1 on, since layers align early.

    narrow: for panels less than two inches wide, with fewer ticks.
    """
    axis.set_xscale("symlog", linthresh=1, linscale=0.4)
    axis.set_xlim(-0.1, 1.05 * last)
    ticks = TICKS[::2] if narrow else TICKS
    axis.set_xticks([*(tick for tick in ticks if tick < (0.4 if narrow else 0.8) * last), last])
    axis.xaxis.set_major_formatter(lambda epoch, _: f"{epoch:.0f}")
    axis.minorticks_off()
    axis.set_xlabel("epoch" if narrow else EPOCH)


def nearest(available: pd.Series, wanted: int) -> int:
    """The epoch with a snapshot that lies nearest to the wanted one; the earlier of two."""
    return int(min(sorted(set(available)), key=lambda epoch: abs(epoch - wanted)))
