"""JSON about imports."""
