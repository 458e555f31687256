"""Pages under Data, Integrations: Connected Apps and webhooks."""
