"""`python -m rapport.imports.reading.parquet IN OUT LIMIT`: the rows of a Parquet file as CSV.

One with columns of lists, structs or bytes becomes NDJSON, in which they stay what they are: no field takes them.
Run as a process of its own with limits, as workbooks are.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

from rapport.records.errors import listed

from .cells import REFUSED, confine, table, typed, written
from .errors import UnreadableError

#: Rows that are in memory at a time.
BATCH = 1_000
Rows = Iterator[Sequence[Any]]


def convert(source: str, target: str) -> None:
    """Write the rows. Raises `UnreadableError`."""
    # Arrow's own allocators reserve more addresses than the limit has.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    from pyarrow import parquet, types  # noqa: PLC0415 (an extra, and it reads the variable above)

    file = parquet.ParquetFile(source)
    schema = file.schema_arrow
    write = _as_csv if all(types.is_primitive(each) or _is_text(each) for each in schema.types) else _as_ndjson
    with open(target, "w", encoding="utf-8", newline="") as out:
        write(out, schema.names, _rows(file))


def _is_text(kind: Any) -> bool:
    from pyarrow import types  # noqa: PLC0415 (likewise)

    known: tuple[Callable[[Any], bool], ...] = (
        types.is_string, types.is_large_string, types.is_string_view, types.is_null, types.is_boolean, types.is_decimal,
    )  # fmt: skip
    return _is_text(kind.value_type) if types.is_dictionary(kind) else any(each(kind) for each in known)


def _rows(file: Any) -> Rows:
    from pyarrow import timestamp, types  # noqa: PLC0415 (likewise)

    for batch in file.iter_batches(BATCH, use_threads=False):
        columns = [
            # Python's times end with microseconds.
            each.cast(timestamp("us", each.type.tz), safe=False) if types.is_timestamp(each.type) else each
            for each in batch.columns
        ]
        # Not as a dictionary: names may come twice.
        yield from zip(*(column.to_pylist() for column in columns), strict=True)


def _as_csv(out: IO[str], names: Sequence[str], rows: Rows) -> None:
    writer = table(out)
    writer.writerow(map(written, names))
    writer.writerows(map(written, row) for row in rows)


def _as_ndjson(out: IO[str], names: Sequence[str], rows: Rows) -> None:
    if repeated := [each for each in dict.fromkeys(names) if names.count(each) > 1]:
        raise UnreadableError(f"The file has more than one column {listed(repeated)}; leave one of them.")
    for row in rows:
        record = {name: _plain(cell) for name, cell in zip(names, row, strict=True)}
        out.write("\n" if all(cell is None for cell in row) else json.dumps(record, ensure_ascii=False) + "\n")


def _plain(cell: Any) -> Any:
    """A cell of NDJSON: bytes that are text are that, and others an object, since nothing takes one for a value."""
    if cell is None:
        return None
    if isinstance(cell, bytes):
        try:
            return cell.decode()
        except UnicodeDecodeError:
            return {"bytes": cell.hex()}
    if isinstance(cell, dict):
        return {str(name): _plain(each) for name, each in cell.items()}
    if isinstance(cell, list | tuple):
        return [_plain(each) for each in cell]
    return typed(cell)


if __name__ == "__main__":
    confine(int(sys.argv[3]))
    try:
        convert(*sys.argv[1:3])
    except UnreadableError as fault:
        sys.stdout.write(str(fault))
        sys.exit(REFUSED)
