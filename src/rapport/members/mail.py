"""Mail to people about their account: plain text, one link."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string


def send(template: str, to: str, **context: object) -> None:
    """Sends `members/mail/<template>.txt`, whose first line is the subject. Raises `OSError`, `SMTPException`."""
    text = render_to_string(f"members/mail/{template}.txt", {**context, "origin": settings.RAPPORT.origin})
    subject, _, body = text.partition("\n")
    send_mail(subject.strip(), body.lstrip("\n"), None, [to])
