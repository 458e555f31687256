"""What a mail says: Markdown with merge tags, made into HTML and text once a language, filled once a contact."""
