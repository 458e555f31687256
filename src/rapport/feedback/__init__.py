"""What people answered and were asked: pages of survey records and external responses."""
