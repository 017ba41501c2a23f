"""Every figure of these tests has the look of the workflow's, and is closed after its test."""

import matplotlib.pyplot as plt
import pytest

from unpacking_softmax.plots import style


@pytest.fixture(autouse=True)
def look():
    style.apply()
    yield
    plt.close("all")
