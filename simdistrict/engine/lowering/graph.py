"""Graphs as lists: for every node the numbers of the nodes that it depends on."""

from __future__ import annotations


def components(edges: list[list[int]]) -> list[list[int]]:
    """Strongly connected components, causes first (Tarjan 1972, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    result: list[list[int]] = []
    for root in range(len(edges)):
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            advanced = False
            for other in rest:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(edges[other])))
                    advanced = True
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            if advanced:
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                component = []
                while True:
                    other = stack.pop()
                    on_stack.discard(other)
                    component.append(other)
                    if other == node:
                        break
                result.append(sorted(component))
    return result


def shortest_ring(cycle: list[int], edges: list[list[int]]) -> list[int]:
    """The shortest way from the first node of a component back to itself."""
    start, inside = cycle[0], set(cycle)
    paths = {start: [start]}
    todo = [start]
    while todo:
        node = todo.pop(0)
        if start in edges[node]:
            return paths[node]
        for other in edges[node]:
            if other in inside and other not in paths:
                paths[other] = [*paths[node], other]
                todo.append(other)
    return [start]
