"""One SQL session that stays open: statements come in as lines, answers go out as JSON lines."""

import json
import sys
from typing import Any

import psycopg
import pymysql

WAIT_S = 3


def connect(engine: str, asked: dict[str, Any]) -> Any:
    host, port, user, password = asked["host"], asked["port"], asked["user"], asked["password"]
    if engine == "mysql":
        return pymysql.connect(
            host=host, port=port, user=user, password=password, database=asked["database"], autocommit=True,
            connect_timeout=WAIT_S, read_timeout=WAIT_S, ssl_ca=asked["ca"], ssl_verify_cert=True,
            ssl_verify_identity=True,
        )  # fmt: skip
    return psycopg.connect(
        host=host, port=port, user=user, password=password, dbname=asked["database"], autocommit=True,
        connect_timeout=WAIT_S, sslmode="verify-full", sslrootcert=asked["ca"], keepalives_idle=1,
        keepalives_interval=1, keepalives_count=2, tcp_user_timeout=WAIT_S * 1000,
    )  # fmt: skip


def main() -> None:
    session = None
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if session is None:
                session = connect(asked["engine"], asked)
                rows: Any = []
            else:
                cursor = session.cursor()
                cursor.execute(asked)
                rows = [list(row) for row in cursor.fetchall()] if cursor.description else []
            answer = {"rows": rows}
        except Exception as error:  # whatever the driver calls it, the test asks only whether it failed
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
