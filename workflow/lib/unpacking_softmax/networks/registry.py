"""Every network of this package, known without importing torch.

A new one is its module in this folder, with a function `make`, and an entry here. What makes it is
no part of the code that every training shares: the plan puts its module's hash into the settings of
the runs that build it, so that a new network trains nothing anew.
"""

from dataclasses import dataclass

from unpacking_softmax.networks.model_file import parts

TIMM = "timm/"
# How a study names a network that is not ours, and the modules that make these.
FORMS = (f"{TIMM}<name>", "path/to/model.py:function")
FOREIGN = ("from_timm", "from_file")


@dataclass(frozen=True)
class Network:
    """One network.

    name: as studies name it. family: networks of which the paper makes the same claims. module: the
    file in this folder whose make(name, *, classes, image_size, variant) returns it, see
    `resnet.make`. variants: the keys of a variant that it carries (`variants.KEYS`). smallest_image:
    side in pixels below which nothing is left of an image. sized: whether `make` takes `width` and
    `depth` too. foreign: whether its code is not ours: `make` takes `points` too, which a study may list.
    """

    name: str
    family: str
    module: str
    variants: tuple[str, ...] = ("init", "last_init", "head_rank")
    smallest_image: int = 1
    sized: bool = False
    foreign: bool = False


NETWORKS = {
    network.name: network
    for network in (
        Network("mlp", "mlp", "mlp", ("init", "last_init", "normalisation", "head_rank"), sized=True),
        Network("vgg8", "vgg", "vgg", smallest_image=16),
        Network("vgg19", "vgg", "vgg", smallest_image=32),
        Network("resnet8", "resnet", "resnet"),
        Network("resnet18", "resnet", "resnet"),
        Network("resnet20", "resnet", "resnet"),
        Network("resnet34", "resnet", "resnet"),
        Network("resnet50", "resnet", "resnet"),
    )
}


def network_of(name: str) -> Network | None:
    """The network of this name; also `timm/resnet18` and `path/to/model.py:build`. None for another name."""
    of_timm, of_file = FOREIGN
    if name.startswith(TIMM):
        return Network(name, "timm", of_timm, ("init", "last_init"), foreign=True)
    if parts(name):
        return Network(name, "own", of_file, ("init", "last_init"), foreign=True)
    return NETWORKS.get(name)
