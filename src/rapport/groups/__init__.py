"""One write path for every door: records in groups, from what was sent to what is told. It knows no driver."""
