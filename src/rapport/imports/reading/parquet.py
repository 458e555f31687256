"""`python -m rapport.imports.reading.parquet IN OUT LIMIT`: the rows of a Parquet file as CSV.

Run as a process of its own with limits, as workbooks are.
"""

from __future__ import annotations

import csv
import os
import sys

from .cells import confine, written

#: Rows that are in memory at a time.
BATCH = 1_000


def convert(source: str, target: str) -> None:
    """Write the rows."""
    # Arrow's own allocators reserve more addresses than the limit has.
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    from pyarrow import parquet, timestamp, types  # noqa: PLC0415 (an extra, and it reads the variable above)

    file = parquet.ParquetFile(source)
    names = file.schema_arrow.names
    with open(target, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        for batch in file.iter_batches(BATCH, use_threads=False):
            columns = [
                # Python's times end with microseconds.
                each.cast(timestamp("us", each.type.tz), safe=False) if types.is_timestamp(each.type) else each
                for each in batch.columns
            ]
            # Not as a dictionary: names may come twice.
            rows = zip(*(column.to_pylist() for column in columns), strict=True)
            writer.writerows(map(written, row) for row in rows)


if __name__ == "__main__":
    confine(int(sys.argv[3]))
    convert(*sys.argv[1:3])
