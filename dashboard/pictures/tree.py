"""The wall as a plain tree: its layout with a stored picture's values in their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dash.development.base_component import Component

Values = Mapping[str, Mapping[str, Any]]
"""{component id: {property: value}}, as a snapshot holds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One element. A child is an element or a piece of text."""

    tag: str
    id: str = ""
    classes: frozenset[str] = frozenset()
    style: Mapping[str, Any] = field(default_factory=dict)
    props: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Node | str, ...] = ()

    @property
    def elements(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def words(self) -> str:
        return "".join(child if isinstance(child, str) else child.words for child in self.children)

    def find(self, id: str) -> Node | None:
        return next((node for node in self.walk() if node.id == id), None)

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.elements:
            yield from child.walk()


def filled(layout: Component, values: Values) -> Node:
    """`layout` as it is mounted, every property that the picture has in place of its own."""
    return _node(layout, values)


def _node(component: Any, values: Values) -> Node:
    tag, own = _parts(component)
    id = str(own.get("id") or "")
    props = {**own, **values.get(id, {})}
    return Node(
        tag=tag,
        id=id,
        classes=frozenset(str(props.get("className") or "").split()),
        style=props.get("style") or {},
        props=props,
        children=tuple(_children(props.get("children"), values)),
    )


def _children(told: Any, values: Values) -> Iterator[Node | str]:
    for child in told if isinstance(told, list | tuple) else [told]:
        if isinstance(child, Component | dict):
            yield _node(child, values)
        elif child is not None:
            yield str(child)


def _parts(component: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(component, Component):
        return component._type, {
            name: getattr(component, name) for name in component._prop_names if hasattr(component, name)
        }
    return str(component["type"]), component["props"]
