"""The console's process as a WSGI application."""

from __future__ import annotations

from django.core.wsgi import get_wsgi_application

from rapport import console
from rapport.console.role import guard_connections
from rapport.process import end_with_parent

end_with_parent()
console.setup()
guard_connections()
application = get_wsgi_application()
