"""The pages of survey records and external responses."""
