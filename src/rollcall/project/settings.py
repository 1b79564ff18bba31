"""Everything configurable, from the environment or from files under ROLLCALL_HOME."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from rollcall.project import databases, home, logs

_HERE = Path(__file__).resolve().parent.parent

# --- This installation -----------------------------------------------------------------------------------
ROLLCALL_HOME = home.home_folder(os.environ)
home.make_home(ROLLCALL_HOME)
ROLLCALL_URL = os.environ.get("ROLLCALL_URL", "http://localhost:8000").rstrip("/")
ROLLCALL_KEYS = Path(os.environ.get("ROLLCALL_KEYS", ROLLCALL_HOME / "keys.json"))  # made by accounts.secrets
_allowed = os.environ.get("ROLLCALL_ALLOW_HOSTS", "").split(",")
ROLLCALL_ALLOW_HOSTS = tuple(part.strip() for part in _allowed if part.strip())
# Whoever shows this word may read /metrics; without one nobody may.
ROLLCALL_METRICS_TOKEN = os.environ.get("ROLLCALL_METRICS_TOKEN", "")
# A demonstration with made-up people shows their mails to everybody at /demo/mail/; nothing else may.
ROLLCALL_DEMO = os.environ.get("ROLLCALL_DEMO", "") == "1"
# Plain functions that are handed every event; `events` knows them by name only (checks.py proves they exist).
ROLLCALL_EVENT_READERS = ["rollcall.notify.tasks.read_event"]

_address = urlsplit(ROLLCALL_URL)
_https = _address.scheme == "https"

# --- Django ----------------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = home.read_or_make_secret(ROLLCALL_HOME / "secret-key")
ALLOWED_HOSTS = sorted({_address.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [ROLLCALL_URL]
ROOT_URLCONF = "rollcall.project.urls"
WSGI_APPLICATION = "rollcall.project.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOMS = ["accounts", "events", "connections", "directory", "sync", "notify", "operations", "web", "api"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "procrastinate.contrib.django",
    "rollcall.project",
    *(f"rollcall.{room}" for room in ROOMS),
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "rollcall.project.logs.RequestLineMiddleware",
    "rollcall.web.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "rollcall.api.layers.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "rollcall.accounts.access.CompanyMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Database and jobs -----------------------------------------------------------------------------------
DATABASES = databases.from_environment(os.environ, ROLLCALL_HOME)
PROCRASTINATE_ON_APP_READY = "rollcall.project.jobs.schedule"

# --- Languages and time ----------------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [_HERE / "locale"]

# --- Sign-in ---------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "rollcall.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "rollcall.accounts.forms.Login",
    "reset_password": "rollcall.accounts.forms.ResetPassword",
    "reset_password_from_key": "rollcall.accounts.forms.ResetPasswordKey",
    "change_password": "rollcall.accounts.forms.ChangePassword",
    "reauthenticate": "rollcall.accounts.forms.Reauthenticate",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_USER_DISPLAY = "rollcall.accounts.adapter.displayed"
# An account is made by an invitation that went to this very address, so nothing is left to verify.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _address.scheme
MFA_ADAPTER = "rollcall.accounts.adapter.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "rollcall.accounts.forms.Code",
    "reauthenticate": "rollcall.accounts.forms.CodeAgain",
    "activate_totp": "rollcall.accounts.forms.ActivateApp",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True  # the button on the sign-in page
MFA_TOTP_ISSUER = "Rollcall"
# Browsers take http://localhost for a secure place; elsewhere passkeys need https.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _address.hostname == "localhost"
USERSESSIONS_TRACK_ACTIVITY = False

# Counters of wrong passwords are shared by all web processes, so they stand in the database.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "project_cache"}}

# --- Browser safety --------------------------------------------------------------------------------------
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Limits on wrong passwords count by the address that the one proxy in front reports.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _https else 0
if _https:  # a proxy in front ends TLS; it must set this header itself (docs: behind a proxy)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Files of the pages ----------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = ROLLCALL_HOME / "static"  # filled by `web` at its start; no build step of the user
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = ROLLCALL_HOME / "files"

# --- Mail ------------------------------------------------------------------------------------------------
if os.environ.get("EMAIL_URL"):
    _mail = environ.Env().email_url("EMAIL_URL")
    EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
    EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
    EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
    EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
    EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
    EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
    EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
    EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH") or ""
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(ROLLCALL_HOME / "mail")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = f"Rollcall <rollcall@{_address.hostname or 'localhost'}>"

# --- Logs: one line a unit of work -----------------------------------------------------------------------
LOGGING_CONFIG = None
logs.configure(os.environ.get("ROLLCALL_LOG", "console"))
