"""Makes a replica set of one out of a lone mongod: majority writes and change streams need a replica set."""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from shared.adapters.mongo.client import translated
from shared.errors import Unavailable

NAME = "posta"
_NOT_YET_INITIALIZED = 94
_POLL = 0.02


def initiate_replica_set(host: str, port: int, *, limite: float = 60.0) -> None:
    """Return when the mongod at `host:port` is the primary of the set "posta" of one, new or with data of before.

    The set remembers its member's address; after a move to another port the address is put right by force.
    Unavailable if it takes more than `limite` seconds.
    """
    wanted = f"{host}:{port}"
    deadline = time.monotonic() + limite
    client: MongoClient[dict[str, Any]] = MongoClient(
        host, port, directConnection=True, serverSelectionTimeoutMS=int(limite * 1000)
    )
    with client, translated():
        _configure(client, wanted)
        while not client.admin.command("hello").get("isWritablePrimary"):
            if time.monotonic() > deadline:
                raise Unavailable("MongoDB", f"el conjunto de réplicas no eligió primario en {limite:.0f} s")
            time.sleep(_POLL)


def _configure(client: MongoClient[dict[str, Any]], wanted: str) -> None:
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": NAME, "members": [{"_id": 0, "host": wanted}]})
        return
    if config["members"][0]["host"] != wanted:
        config["members"][0]["host"] = wanted
        config["version"] += 1
        client.admin.command("replSetReconfig", config, force=True)
