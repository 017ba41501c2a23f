"""Which weight layer leads where in a network, by the graph that autograd records in a forward pass."""

from collections.abc import Mapping

from torch.autograd.graph import Node


class Graph:
    """layers: the path of each call of a weight layer, by the node of its output, in order of the calls."""

    def __init__(self, layers: Mapping[Node, str]):
        self.layers = layers
        self._depth: dict[Node, int] = {}
        for node in layers:
            below = (found for earlier, _ in node.next_functions for found in self.feeders(earlier))
            self._depth[node] = 1 + max((self._depth[found] for found in below), default=0)

    def feeders(self, node: Node | None) -> set[Node]:
        """The weight layers whose outputs reach `node` through no other weight layer."""
        found, seen, queue = set(), set(), [node]
        while queue:
            node = queue.pop()
            if node in self.layers:
                found.add(node)
            elif node is not None and node not in seen:
                seen.add(node)
                queue.extend(earlier for earlier, _ in node.next_functions)
        return found

    def leading(self, node: Node | None) -> str | None:
        """The weight layer that leads to `node`: of its feeders that with most weight layers behind it.

        So a projection on a shortcut, which joins the deeper branch beside it, is passed over.
        """
        order = {feeder: place for place, feeder in enumerate(self.layers)}
        feeders = self.feeders(node)
        if not feeders:
            return None
        return self.layers[max(feeders, key=lambda feeder: (self._depth[feeder], order[feeder]))]
