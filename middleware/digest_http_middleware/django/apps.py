"""The app: what is connected when Django starts."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.core.signals import setting_changed
from django.db.models.signals import post_save

from .names import LABEL

__all__ = ["DigestConfig"]


class DigestConfig(AppConfig):
    """For INSTALLED_APPS: "digest_http_middleware.django"."""

    name = "digest_http_middleware.django"
    label = LABEL
    verbose_name = "HTTP Digest"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let H(A1) follow the password, and `manage.py check` look at the settings."""
        # Models are ready only now.
        from .checks import check_settings  # noqa: PLC0415
        from .hashes import follow_password  # noqa: PLC0415
        from .site import forget_site  # noqa: PLC0415

        post_save.connect(follow_password, dispatch_uid="digest_http.follow_password")
        setting_changed.connect(forget_site, dispatch_uid="digest_http.forget_site")
        checks.register(check_settings, checks.Tags.security)
