"""Structured logs: one line an event, one name per kind of event, context bound once.

Never logged: XML, keys, tokens, passwords, the name of a receptor.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog

from shared.settings import LogFormat

Logger = structlog.stdlib.BoundLogger


def configure_logging(formato: LogFormat, level: str, stream: TextIO = sys.stderr) -> None:
    """Send this process's events, and those of the libraries, to `stream` in one form."""
    shared_steps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if formato is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[*shared_steps, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("aio_pika", "aiormq", "httpx", "httpcore", "pymongo", "uvicorn.access", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> Logger:
    """The logger of one part, e.g. `posta.emitter`."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
