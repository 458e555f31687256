"""What comes back: reports of bounces, complaints and everything else that answers a mail. Nothing is dropped."""
