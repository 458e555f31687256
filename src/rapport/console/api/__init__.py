"""Documents that describe the whole API: OpenAPI, and a collection for Postman."""
