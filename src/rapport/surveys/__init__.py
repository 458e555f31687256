"""Survey records and external responses, as rows; `feedback` has their pages."""
