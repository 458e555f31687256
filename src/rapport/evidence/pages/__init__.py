"""The pages of the request history."""
