"""Two writers after a promotion, and what a shop or a person did on either side: for the suites of rows."""

import json
from typing import Any

from pairs import FakePair, Pair


class Forked:
    """`new` False is the old writer, True the promoted one."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair

    def put(self, new: bool, number: int, note: str) -> None:
        if isinstance(self.pair, FakePair):
            server = self.pair.replica if new else self.pair.writer
            server.write(f"row:shop:orders:{number}", json.dumps({"id": number, "note": note}))
        else:
            self.sql(new, f"DELETE FROM orders WHERE id = {number}")
            self.sql(new, f"INSERT INTO orders (id, note) VALUES ({number}, '{note}')")

    def gone(self, new: bool, number: int) -> None:
        if isinstance(self.pair, FakePair):
            (self.pair.replica if new else self.pair.writer).write(f"row:shop:orders:{number}", False)
        else:
            self.sql(new, f"DELETE FROM orders WHERE id = {number}")

    def fork(self) -> None:
        self.pair.catch_up()
        self.pair.promote()

    def sql(self, new: bool, *statements: str, user: str = "platform") -> Any:
        """The rows of the last one, on real servers."""
        pair: Any = self.pair
        connection = pair._connect(pair._servers[new], user, "shop", True)
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        found = cursor.fetchall() if cursor.description else ()
        connection.close()
        return found
