"""The connection to MongoDB, and the one place where its exceptions become ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel, ReadPreference, WriteConcern
from pymongo.errors import (
    ConfigurationError,
    DuplicateKeyError,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern

from shared.errors import Conflict, Misconfigured, Unavailable
from shared.settings import Settings, read_secret

Json = dict[str, Any]
Database = AsyncIOMotorDatabase[Json]
Collection = AsyncIOMotorCollection[Json]

_AUTHENTICATION = frozenset({13, 18})  # Unauthorized, AuthenticationFailed: no waiting will mend them
_CONSTRUCCION = timedelta(days=1)
"""For building an index. A server that is gone is noticed by its connection long before."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's exceptions into Conflict (unique index), Misconfigured (credentials), else Unavailable."""
    try:
        yield
    except DuplicateKeyError as error:
        raise Conflict(str(error.details)) from error
    except OperationFailure as error:
        if error.code in _AUTHENTICATION:
            raise Misconfigured(f"POSTA_MONGO_USER / POSTA_MONGO_PASSWORD_FILE: {error}") from error
        raise Unavailable("MongoDB", f"respondió con el error {error.code}") from error
    except PyMongoError as error:
        raise Unavailable("MongoDB", _explain(error)) from error


async def build_indexes(collection: Collection, indices: Sequence[IndexModel]) -> None:
    """Return when the collection has these indexes, each by its name. Unavailable; what was begun is then begun anew.

    One that is missing is waited for as long as its building takes: MongoDB breaks a build off when its client's
    patience ends, so within the bound of an operation a large collection would never get a new index.
    """
    with translated():
        known = await collection.index_information()
        missing = [index for index in indices if index.document["name"] not in known]
        if not missing:
            await collection.create_indexes(indices)  # says if one of them is another than before
            return
        with pymongo.timeout(_CONSTRUCCION.total_seconds()):
            await collection.create_indexes(missing)


def _explain(error: PyMongoError) -> str:
    """The driver's reason in a few words; its own pages of addresses and timeouts are the exception's cause."""
    if isinstance(error, ServerSelectionTimeoutError):
        return "no se llegó a su primario a tiempo"
    return "no respondió a tiempo" if error.timeout else "se cortó la conexión"


class Mongo:
    """One process's connection: majority writes, journalled, every operation bounded by `mongo_timeout`."""

    def __init__(self, settings: Settings) -> None:
        password = settings.mongo_user and read_secret(settings.mongo_password_file, "mongo_password_file")
        milliseconds = int(settings.mongo_timeout.total_seconds() * 1000)
        try:
            self._client: AsyncIOMotorClient[Json] = AsyncIOMotorClient(
                settings.mongo_url,
                username=settings.mongo_user,
                password=password,
                timeoutMS=milliseconds,
                serverSelectionTimeoutMS=milliseconds,
                appname="posta",
                tz_aware=True,
            )
        except (ConfigurationError, InvalidURI, ValueError) as error:
            raise Misconfigured(f"POSTA_MONGO_URL: {error}") from error
        self.database: Database = self._client.get_database(
            settings.mongo_database,
            codec_options=CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC),
            read_preference=ReadPreference.PRIMARY,
            write_concern=WriteConcern(w="majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    async def ping(self) -> None:
        """Return when the primary answers; Unavailable if it does not within the bound."""
        with translated():
            await self.database.command("ping")

    def close(self) -> None:
        self._client.close()
