"""The view of a route, with the permission that stands beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from uuid import UUID

    from .actors import Author

#: Takes the request, whoever was found to ask, and the parts of the address.
View = Callable[..., HttpResponse]


class AuthoredRequest(HttpRequest):
    """A request to the API of which we know who sent it."""

    author: Author
    #: Ids of the configurations that whoever asks may send records for; None is all.
    configurations: frozenset[UUID] | None = None


@dataclass(frozen=True, eq=False)
class Permitted:
    """A view that answers only those whom its permission names."""

    view: View
    #: In words; by method where these differ.
    permission: str | Mapping[str, str]
    #: What the route takes; None where the view judges it itself, after its own manner.
    methods: Sequence[str] | None = None
    #: Whether its callers show something that no other site can ride on, so that no form's token is asked for.
    csrf_exempt: bool = False

    def __call__(self, request: HttpRequest, **parts: str) -> HttpResponse:
        """The view's answer."""
        return self.view(request, **parts)
