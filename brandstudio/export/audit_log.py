"""The audit log as files: CSV for people's spreadsheets, JSON Lines for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from brandstudio.domain.audit_log.entries import AuditEntry, LogFormat, sentence
from brandstudio.domain.decision_chain import moment
from brandstudio.export.manifest import guarded

COLUMNS = ("at", "event", "actor", "subject", "brand", "sentence", "detail", "source", "number")

Pages = Iterable[Iterable[AuditEntry]]
Names = Mapping[str, str]


def written(pages: Pages, kind: LogFormat, brands: Names) -> Iterator[bytes]:
    """The file, page by page, so that no log is too long for it."""
    return _WRITERS[kind](pages, brands)


def _csv(pages: Pages, brands: Names) -> Iterator[bytes]:
    """UTF-8 with BOM and RFC 4180, as spreadsheets expect; no cell is taken for a formula."""
    yield b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"
    for page in pages:
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        for entry in page:
            facts = _facts(entry, brands)
            detail = "; ".join(f"{name}={value}" for name, value in entry.detail.items())
            writer.writerow(guarded(value) for value in (facts | {"detail": detail}).values())
        yield text.getvalue().encode()


def _json_lines(pages: Pages, brands: Names) -> Iterator[bytes]:
    for page in pages:
        lines = (json.dumps(_facts(entry, brands), ensure_ascii=False) + "\n" for entry in page)
        yield "".join(lines).encode()


def _facts(entry: AuditEntry, brands: Names) -> dict[str, object]:
    facts = {
        "at": moment(entry.at),
        "event": str(entry.event),
        "actor": entry.actor,
        "subject": entry.subject,
        "brand": entry.brand,
        "sentence": sentence(entry, brands),
        "detail": dict(entry.detail),
        "source": entry.source.value,
        "number": entry.number,
    }
    return {column: facts[column] for column in COLUMNS}


_WRITERS: Mapping[LogFormat, Callable[[Pages, Names], Iterator[bytes]]] = {
    LogFormat.CSV: _csv,
    LogFormat.JSON_LINES: _json_lines,
}
