"""Logs as JSON lines with the ids of trace and request.

No card, CPF, e-mail or order token is logged: routes, not addresses. `core.log_masks` masks what comes through, as from
an error of a library.
"""

from __future__ import annotations

import json
import logging
import sys
import time

from app.core.log_masks import masked
from app.core.trace import request_id, trace_id

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
# Libraries that log each step of their work. At the level debug those of AWS log whole requests and answers: mails and
# secrets.
VERBOSE = ("weasyprint.progress", "fontTools", "botocore", "boto3", "s3transfer", "urllib3")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace_id.get():
            line["trace_id"] = trace_id.get()
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(masked(line), default=_masked_text_of, ensure_ascii=False)


def _masked_text_of(value: object) -> object:
    """What is logged of a value that JSON does not know: an error, a path."""
    return masked(str(value))


def log_as_json(level: int = logging.INFO) -> None:
    """Make the root logger write JSON lines to stderr; called once a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in VERBOSE:
        logging.getLogger(name).setLevel(logging.WARNING)
