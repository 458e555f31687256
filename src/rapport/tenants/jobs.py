"""The upkeep of the queue itself."""

from __future__ import annotations

from procrastinate.contrib.django import app

#: How long `rapport doctor` and the metrics tell of a job that failed, in hours.
FAILURES_KEPT = 7 * 24


@app.periodic(cron="47 * * * *")
@app.task(queueing_lock="tenants.forget_jobs")
async def forget_jobs(timestamp: int) -> None:
    """Deletes jobs that failed or were given up a week ago. Twice does no harm: they are gone the second time."""
    await app.job_manager.delete_old_jobs(
        FAILURES_KEPT, include_failed=True, include_cancelled=True, include_aborted=True
    )
