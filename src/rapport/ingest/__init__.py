"""The hot path: a pure ASGI application that takes records in. It never imports Django."""
