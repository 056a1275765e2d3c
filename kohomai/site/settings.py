"""Django's settings. What can be chosen comes from the environment (`kohomai.site.environment`); the rest is here."""

from __future__ import annotations

from csp.constants import NONCE as _NONCE

from kohomai.site import environment as _environment
from kohomai.site.database_url import django_database as _django_database
from kohomai.site.logs import configure as _configure_logs

ENVIRONMENT = _environment.read()

# What is below `kohomai.site` reads these.
KOHOMAI_DATA = ENVIRONMENT.data
KOHOMAI_URL = ENVIRONMENT.url
KOHOMAI_PRODUCTION = ENVIRONMENT.production
KOHOMAI_DATABASE_URL = ENVIRONMENT.find_database_url()
KOHOMAI_DATABASE_POOLER = ENVIRONMENT.database_pooler
# None: there is no direct connection to LISTEN on, so poll.
KOHOMAI_LISTEN_URL = ENVIRONMENT.listen_url or (None if ENVIRONMENT.database_pooler else KOHOMAI_DATABASE_URL)
KOHOMAI_WEBHOOK_ALLOW = ENVIRONMENT.webhook_allow
KOHOMAI_PROVIDERS = ENVIRONMENT.providers
KOHOMAI_TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
KOHOMAI_HOSTS = ENVIRONMENT.hosts
KOHOMAI_WEB_THREADS = ENVIRONMENT.web_threads

SECRET_KEY = ENVIRONMENT.find_secret_key()
DEBUG = False
# The middleware has compared the whole Host header, port included, before anything asks Django.
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "kohomai.site.urls"
WSGI_APPLICATION = "kohomai.site.wsgi.application"
APPEND_SLASH = False

_ROOMS = (
    *("workspaces", "datapoints", "funnels", "leads", "journeys", "sessions", "registration", "delivery"),
    *("api", "frontoffice", "site"),
)

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *(f"kohomai.{room}" for room in _ROOMS),
]

MIDDLEWARE = [
    "kohomai.site.middleware.RequestMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kohomai.site.middleware.PagesMiddleware",
    "kohomai.site.middleware.PagesCsrfMiddleware",
]

AUTH_USER_MODEL = "workspaces.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# One connection for each thread that answers, one for the committer of registrations, one to spare.
DATABASES = {
    "default": _django_database(
        KOHOMAI_DATABASE_URL, pooler=ENVIRONMENT.database_pooler, pool_size=ENVIRONMENT.web_threads + 2
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "csp.context_processors.nonce",
            ]
        },
    }
]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kohomai.site.static.VersionedStaticFiles"},
}
# Served from where they lie in the rooms; nothing has to be collected.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 86400

# Bodies: the API counts its own (1 MiB, 16 MiB); this one is for pages.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024 + 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

CSRF_COOKIE_NAME = "kohomai_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = ENVIRONMENT.secure
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.url]
CSRF_FAILURE_VIEW = "kohomai.site.views.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.secure

# Headers that say what a page may load; a view that needs more (the API's documentation) sets its own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", _NONCE],
        "style-src": ["'self'", _NONCE],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'", "https:"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

LOGGING_CONFIG = None
_configure_logs(ENVIRONMENT.log_level)
