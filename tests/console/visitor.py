"""A browser, as far as Django's test client is one, in which somebody is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import Client
from django.test.client import RequestFactory

from rapport.members import sessions
from rapport.members.sessions import SessionStore

if TYPE_CHECKING:
    from tests.cast import Person


def visitor(person: Person | None) -> Client:
    """A client with the session of `person`; None is somebody whom nobody knows. Faults come as 500, not raised."""
    client = Client(raise_request_exception=False)
    if person is not None:
        request = RequestFactory().get("/")
        request.session = SessionStore()
        sessions.begin(request, person.user)
        request.session.save()
        client.cookies["rapport_session"] = request.session.session_key
    return client
