"""The project's settings: one file, few knobs, each read from the environment; see README.md.

A knob that is a secret may also be given as NAME_FILE, the path of a file that holds it. Whatever
is wrong here fails at the start, in one sentence.
"""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.FileAwareEnv()

# --- where data lives -------------------------------------------------------------------------
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))


def _kept(name: str, make: str) -> str:
    """The content of DATA_DIR/keys/name (mode 0600); `make` is written there the first time."""
    path = DATA_DIR / "keys" / name
    try:
        if not path.exists():
            DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            fresh = path.with_name(f".{name}.{secrets.token_hex(4)}")
            with os.fdopen(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
            ) as file:
                file.write(make)
            try:
                os.link(fresh, path)  # only the first of several processes wins
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The folder {DATA_DIR} cannot be written ({error.strerror}). "
            "Set DATA_DIR to a folder of your own."
        ) from None


def _kept_port() -> int:
    """The port that an earlier start chose, else 8000."""
    try:
        return int((DATA_DIR / "port").read_text())
    except (OSError, ValueError):
        return 8000


def _read(kind: str, name: str, default: Any) -> Any:
    """A knob that is not plain text; whatever cannot be read is said in one sentence."""
    try:
        value = getattr(env, kind)(name, default=default)
        if kind == "db_url":
            value["ENGINE"]  # an address of an unknown kind gives an empty answer
        return value
    except Exception:
        meant = _MEANT.get(kind, "an address such as kind://user:password@host/name")
        raise ImproperlyConfigured(f"{name} must be {meant}.") from None


_MEANT = {"int": "a whole number", "float": "a number", "bool": "yes or no"}
DEBUG = _read("bool", "DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or _kept("secret-key", secrets.token_urlsafe(48))
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[]) or [
    _kept("field-key", Fernet.generate_key().decode())
]

# --- where we are reached ---------------------------------------------------------------------
PORT = _read("int", "PORT", _kept_port())
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ON_LOOPBACK = _site.hostname in _LOOPBACK
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"] if ON_LOOPBACK else [_site.hostname or ""]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
USE_TLS = _site.scheme == "https"
if _read("bool", "TRUST_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- the application --------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "csp",
    "rest_framework",
    "knox",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "assistants_app",
]
MIDDLEWARE = [
    "assistants_app.middleware.RequestIdMiddleware",
    "assistants_app.api.envelope.EnvelopeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "assistants_app.middleware.HouseMiddleware",
]
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "assistants_app.views.shell.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- the database -----------------------------------------------------------------------------
DATABASES = {
    "default": _read("db_url", "DATABASE_URL", f"sqlite:///{DATA_DIR / 'dashboard.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["CONN_MAX_AGE"] = None
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (  # the cache of a thread is 16 MB: 8 threads answer, 30 push
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; "
            "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY; "
            "PRAGMA journal_size_limit=67108864;"
        ),
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 10)
# Throttles and copies of what is in the database; never truth. Large enough that throttles hold.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "assistants_app.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "dashboard.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True  # past the second factor, where there is one
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,5/5m/key"}
PASSWORD_RESET_TIMEOUT = 3600
MFA_ADAPTER = "dashboard.accounts.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
ACCOUNT_FORMS = {
    "login": "assistants_app.forms.signing_in.LoginForm",
    "reauthenticate": "assistants_app.forms.signing_in.ReauthenticateForm",
    "change_password": "assistants_app.forms.signing_in.ChangePasswordForm",
    "set_password": "assistants_app.forms.signing_in.SetPasswordForm",
    "reset_password": "assistants_app.forms.signing_in.ResetPasswordForm",
    "reset_password_from_key": "assistants_app.forms.signing_in.ResetPasswordKeyForm",
}
MFA_FORMS = {
    "activate_totp": "assistants_app.forms.signing_in.ActivateForm",
    "authenticate": "assistants_app.forms.signing_in.AuthenticateForm",
    "reauthenticate": "assistants_app.forms.signing_in.ConfirmAgainForm",
    "edit_webauthn": "assistants_app.forms.passkeys.RenameForm",
    "add_webauthn": "assistants_app.forms.passkeys.AddForm",
    "authenticate_webauthn": "assistants_app.forms.passkeys.AuthenticateForm",
    "reauthenticate_webauthn": "assistants_app.forms.passkeys.ReauthenticateForm",
    "login_webauthn": "assistants_app.forms.passkeys.LoginForm",
}
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people are invited; their addresses are nobody's proof
MFA_TOTP_ISSUER = "Assistants Dashboard"
MFA_TOTP_TOLERANCE = 1  # clocks of phones are some seconds off
SAMPLE_SIGNIN = False  # only the quickstart command sets it, in its own process
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Assistants] "
_mail = _read("email_url", "EMAIL_URL", "consolemail://")
if _mail["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
    _mail.setdefault("EMAIL_TIMEOUT", 10)  # seconds; a silent mail server must not hold a page
SENDS_MAIL = not _mail["EMAIL_BACKEND"].endswith("console.EmailBackend")
if django.VERSION >= (6, 1):
    _options = {
        "host": "EMAIL_HOST",
        "port": "EMAIL_PORT",
        "username": "EMAIL_HOST_USER",
        "password": "EMAIL_HOST_PASSWORD",
        "use_tls": "EMAIL_USE_TLS",
        "use_ssl": "EMAIL_USE_SSL",
        "file_path": "EMAIL_FILE_PATH",
        "timeout": "EMAIL_TIMEOUT",
    }
    _set = {option: _mail[name] for option, name in _options.items() if _mail.get(name)}
    MAILERS = {"default": {"BACKEND": _mail["EMAIL_BACKEND"], "OPTIONS": _set}}
else:
    vars().update(_mail)
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default="Assistants Dashboard <noreply@localhost>"
)

# --- browser ----------------------------------------------------------------------------------
# Cookies ignore ports, so the port is in the name: two dashboards on one machine stay apart.
_prefix = "__Host-" if USE_TLS else ""
_suffix = "" if USE_TLS else f"-{_site.port or 80}"
SESSION_COOKIE_NAME = f"{_prefix}sid{_suffix}"
CSRF_COOKIE_NAME = f"{_prefix}csrf{_suffix}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USE_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SECURE_SSL_REDIRECT = USE_TLS
SECURE_HSTS_SECONDS = 31536000 if USE_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = USE_TLS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "assistants_app.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "report-uri": ["/-/csp/"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# --- static files -----------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- our own API ------------------------------------------------------------------------------
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "assistants_app.APIToken"  # noqa: S105  # a model, not a secret
REST_KNOX = {
    "TOKEN_PREFIX": "asd_",
    "AUTH_HEADER_PREFIX": "Bearer",
    "TOKEN_TTL": timedelta(days=90),
    "TOKEN_MODEL": "assistants_app.APIToken",
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["assistants_app.api.authentication.Bearer"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["assistants_app.api.parsers.ContractParser"],
    "DEFAULT_RENDERER_CLASSES": ["assistants_app.api.renderers.ContractRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "assistants_app.api.renderers.OneForm",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": [
        "assistants_app.api.throttles.TokenThrottle",
        "assistants_app.api.throttles.AnonymousThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"token": "600/min", "anonymous": "60/min"},
    # Whose address counts: the caller's, or the one that the trusted proxy names.
    "NUM_PROXIES": int(_read("bool", "TRUST_PROXY", default=False)),
    "EXCEPTION_HANDLER": "assistants_app.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
}

# --- the upstream -----------------------------------------------------------------------------
UPSTREAM_ORIGINS: list[str] = env.list("UPSTREAM_ORIGINS", default=[])
SYNC_TIME_SCALE = _read("float", "SYNC_TIME_SCALE", 1.0)

# --- language, time, logs ---------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "dashboard.logs.JSONLines"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "lines",
        }
    },
    "root": {"handlers": ["stdout"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "waitress.queue": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"handlers": [], "propagate": False},
    },
}
