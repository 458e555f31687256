"""Pages for contacts: the link is the right to see them. No cookie, no session, no script, nothing from elsewhere."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Hashable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.template import loader
from django.urls import re_path

from rapport.tenants.permission import Permitted, View

from .documents import furniture, languages
from .documents.survey import DEFAULT_COLOUR
from .links import PATTERN, NoKeyError, read
from .visitors import admitted

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern

#: In `request.META`: whose pages may frame the answer.
_ANCESTORS = "rapport.ancestors"
log = logging.getLogger("rapport.feedback")

_POLICY = (
    "default-src 'none'; img-src data:; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors {ancestors}"
)
#: Heading and text of a page that is no survey, by its status.
_SENTENCES = {503: "wait", 404: "unknown", 410: "closed", 429: "wait"}


def by_link(purpose: str, view: View, name: str, *, framed: bool = False) -> URLPattern:
    """The route of a page for whoever has a link: `view(request, link)`; `framed`: in other people's pages, too."""

    @wraps(view)
    def guarded(request: HttpRequest, link: str) -> HttpResponse:
        if framed:
            may_be_framed(request, "*")
        try:
            found = read(link, purpose)
            if found is None:
                return sentence(request, 404)
            return view(request, found) if admitted(request, found) else sentence(request, 429)
        except NoKeyError:
            log.error("the keys of links cannot be opened: RAPPORT_SECRET_KEY lacks the key that closed them")
            return sentence(request, 503)

    # The link is the right, and there is no cookie that another site could ride on.
    permitted = Permitted(guarded, "a link", ("GET", "HEAD", "POST"), csrf_exempt=True)
    return re_path(rf"^{purpose}/{PATTERN}/?$", permitted, name=name)


def may_be_framed(request: HttpRequest, ancestors: str) -> None:
    """Lets pages of `ancestors`, as the policy names them, frame the answer."""
    request.META[_ANCESTORS] = ancestors


def page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page; its context names at least the `language`."""
    nonce = secrets.token_urlsafe(12)
    return _answered(request, _rendered(template, {**context, "nonce": nonce}), nonce, status)


def kept_page(
    request: HttpRequest, key: Hashable, template: str, form: str, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """A page that is the same for everybody but for what its form carries; made once for a key.

    Drawing a survey takes longer than all else that a look does.
    """
    found = _KEPT.get(key)
    if found is None:
        found = _rendered(template, {**context(), "nonce": _NONCE, "form": _FORM})
        with _LOCK:
            while len(_KEPT) >= KEPT:
                _KEPT.pop(next(iter(_KEPT)))
            _KEPT[key] = found
    nonce = secrets.token_urlsafe(12)
    return _answered(request, found.replace(_NONCE, nonce).replace(_FORM, form), nonce)


#: Pages that a process keeps, some 7 KB each.
KEPT = 2_000
_KEPT: dict[Hashable, str] = {}
_LOCK = threading.Lock()
#: What stands in kept pages where each rendering has its own.
_NONCE, _FORM = (f"{name}{secrets.token_hex(16)}" for name in ("nonce", "form"))


def _rendered(template: str, context: dict[str, Any]) -> str:
    language = context["language"]
    ours = {
        "direction": languages.direction(language),
        "say": furniture.furniture(language),
        "colour": DEFAULT_COLOUR,
    }
    return str(loader.get_template(f"feedback/public/{template}").render(ours | context))


def _answered(request: HttpRequest, html: str, nonce: str, status: int = 200) -> HttpResponse:
    answer = HttpResponse(html, status=status)
    policy = _POLICY.format(nonce=nonce, ancestors=request.META.get(_ANCESTORS, "'none'"))
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.xframe_options_exempt = True  # the policy says it
    return answer


def say(language: str, name: str, **filled: Any) -> str:
    """One of our own sentences."""
    return furniture.furniture(language)[name].format(**filled)


def sentence(request: HttpRequest, status: int, wanted: Sequence[str | None] = ()) -> HttpResponse:
    """A friendly page of one sentence, in the wanted language or the browser's; the same for all links."""
    accepted = languages.accepted(request.headers.get("Accept-Language", ""))
    language = furniture.language(*wanted, *accepted)
    say = furniture.furniture(language)
    name = _SENTENCES[status]
    context = {"language": language, "heading": say[name], "text": say[f"{name}_text"]}
    answer = page(request, "sentence.html", context, status)
    if status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer
