"""A mail server as a process of its own: it writes down whom it took a mail for, then says so. It may be killed."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

ANSWERS = {b"EHLO": b"250-sink\r\n250 8BITMIME\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


async def serve(port: int, file: Path) -> None:
    """Takes everything until it is killed."""
    with file.open("ab", buffering=0) as kept:

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 sink\r\n")
            recipient = b""
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"RCPT":
                    recipient = line.partition(b"<")[2].partition(b">")[0]
                writer.write(ANSWERS.get(verb, b"250 ok\r\n"))
                if verb == b"DATA":
                    await reader.readuntil(b"\r\n.\r\n")
                    kept.write(recipient + b"\n")
                    writer.write(b"250 2.0.0 taken\r\n")
                elif verb == b"QUIT":
                    break
            writer.close()

        async def careful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await talk(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                writer.close()

        server = await asyncio.start_server(careful, "127.0.0.1", port, limit=2**20)
        await server.serve_forever()


def counted(file: Path) -> Counter[str]:
    """Recipient -> how often a mail was taken for them."""
    return Counter(file.read_text().split())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
