"""Connected Apps: OAuth clients, their secrets, their tokens, and who may call the API."""
