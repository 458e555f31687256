"""What the worker does about answers."""

from __future__ import annotations

from procrastinate.contrib.django import app

from . import settling


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="feedback.settle")
def settle(timestamp: int) -> None:
    """Lets begun answers enter that nobody goes on with."""
    settling.settle()
