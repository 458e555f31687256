"""The histories for programs."""
