"""The documentation site: pages that know the reader's region and names."""
