"""The pages of the request history and of unmapped fields."""
