"""What callers get for one configuration, in its own names: calls to copy, schemas to check with, files to begin with.

Pure functions: an `Outline` of the configuration and the addresses of the service in, text or JSON out.
"""
