"""The records engine: pure, no I/O, no clock, no random numbers but object ids."""
