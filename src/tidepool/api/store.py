"""One kind of API object in memory, in order of creation."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from tidepool.api.errors import GONE, not_found

Item = TypeVar("Item")


class Store(Generic[Item]):
    def __init__(self, gone: str = GONE) -> None:
        self._items: dict[str, Item] = {}
        self._gone = gone

    def __iter__(self) -> Iterator[Item]:
        return iter(list(self._items.values()))

    def __contains__(self, key: object) -> bool:
        return str(key) in self._items

    def put(self, key: object, item: Item) -> Item:
        self._items[str(key)] = item
        return item

    def get(self, key: object) -> Item:
        """The object, or the API's 404."""
        if (item := self._items.get(str(key))) is None:
            raise not_found(self._gone)
        return item

    def first(self, wanted: Callable[[Item], bool]) -> Item | None:
        return next((item for item in self if wanted(item)), None)

    def drop(self, key: object) -> None:
        self._items.pop(str(key), None)
