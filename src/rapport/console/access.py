"""What a route without a caller's identity allows: everybody may look."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django.utils.cache import patch_cache_control

from rapport.tenants.permission import Permitted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def public(view: Callable[[HttpRequest], HttpResponse]) -> Permitted:
    """The route's permission: everybody may read."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        answer = view(request)
        # The page names the host that it was asked under; no cache may keep it for another.
        patch_cache_control(answer, no_cache=True)
        return answer

    return Permitted(guarded, "public", ("GET", "HEAD"))
