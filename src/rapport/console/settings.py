"""Django's settings, made from Rapport's own; nothing is read from the environment here."""

from __future__ import annotations

import secrets
from urllib.parse import unquote, urlsplit

from rapport import console
from rapport.process import logging_configuration
from rapport.settings import Settings
from rapport.tenants.connection import application_conninfo, database

RAPPORT = console.chosen or Settings.from_environment()

# The first signs, the others still open what they closed.
SECRET_KEY, *SECRET_KEY_FALLBACKS = (RAPPORT.secret_key or secrets.token_urlsafe(48)).split()
DEBUG = False
# The middleware `Edge` judges names.
ALLOWED_HOSTS = ["*"]

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    # In the order of the architecture's ladder: each may know those before it.
    "rapport.tenants",
    "rapport.history",
    "rapport.surveys",
    "rapport.members",
    "rapport.configurations",
    "rapport.connected_apps",
    "rapport.directory",
    "rapport.feedback",
    "rapport.campaigns",
    "rapport.imports",
    "rapport.evidence",
    "rapport.handbook",
    "rapport.console",
    # Behind ours, whose templates for fields and errors come first.
    "django.forms",
]
AUTH_USER_MODEL = "members.User"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# What a person watches is a domain row; a job that went well has nothing more to tell.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

DATABASES = {"default": database(application_conninfo(RAPPORT))}

MIDDLEWARE = [
    "rapport.console.middleware.Edge",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "rapport.console.urls"
WSGI_APPLICATION = "rapport.console.wsgi.application"
# Addresses have no slash at the end, and each route allows one.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "rapport.console.templatetags.parts"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "rapport.console.navigation.shell",
            ],
        },
    }
]
# Forms are drawn by our own templates, `templates/django/forms/`.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# TLS ends before us; ingest, and a balancer in its place, say how the caller came.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_NAME = "rapport_csrf"
CSRF_COOKIE_HTTPONLY = True
# Where the request came by TLS; there the middleware `Edge` makes cookies `Secure`, too.
SECURE_HSTS_SECONDS = 365 * 24 * 3600
# The scheme is the balancer's where one ends TLS; with a domain it is known.
CSRF_TRUSTED_ORIGINS = [RAPPORT.origin] if RAPPORT.domain else []
# The page of a new import says where its file goes; those of all others are small, and reach no disk.
FILE_UPLOAD_HANDLERS = ["rapport.console.uploads.SmallFiles"]
# A configuration's page has up to four inputs for each of its 500 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000
CSRF_FAILURE_VIEW = "rapport.console.errors.forged"
SESSION_ENGINE = "rapport.members.sessions"
SESSION_COOKIE_NAME = "rapport_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
_JUDGE = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_JUDGE}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_JUDGE}.CommonPasswordValidator"},
    {"NAME": f"{_JUDGE}.UserAttributeSimilarityValidator", "OPTIONS": {"user_attributes": ("email", "name")}},
]

_MAIL = urlsplit(RAPPORT.mail_url or "smtp://localhost")
EMAIL_HOST, EMAIL_PORT = _MAIL.hostname, _MAIL.port or {"smtps": 465, "smtp+tls": 587}.get(_MAIL.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.scheme == "smtps", _MAIL.scheme == "smtp+tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = RAPPORT.mail_from
X_FRAME_OPTIONS = "DENY"

LOGGING = logging_configuration(RAPPORT.log_level)
LOGGING["filters"] = {"request": {"()": "rapport.console.logs.RequestFilter"}}
LOGGING["handlers"]["stderr"]["filters"] = ["request"]
LOGGING["loggers"] |= {
    "django": {"level": RAPPORT.log_level.upper(), "handlers": [], "propagate": True},
    # Below this it repeats each 4xx, which the access log has.
    "django.request": {"level": "ERROR"},
    # On level debug these would write tokens and statements with their values; `rapport.process` quiets the rest.
    **{name: {"level": "INFO"} for name in ("authlib", "django.db.backends")},
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
