"""The locale of a page: the visitor's choice, else the browser's, else the site's."""

from __future__ import annotations

from gettext import NullTranslations

from flask import Flask, g, request
from flask_babel import Babel, Domain, get_locale, refresh
from markupsafe import Markup

from app.core.config import Settings
from app.core.i18n import LOCALES, catalogue

COOKIE = "language"
_BY_LANGUAGE = {"pt": "pt_BR", "en": "en"}  # of whatever country
babel = Babel()


class OurDomain(Domain):
    """The texts of `core.i18n`. Flask-Babel would load every catalogue once more, in each process after its fork."""

    def get_translations(self) -> NullTranslations:
        return _catalogue()


def init_app(app: Flask, settings: Settings) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = settings.cinema.default_locale
    babel.init_app(app, locale_selector=lambda: choose(settings.cinema.default_locale))
    babel.domain_instance = OurDomain()
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().gettext(text),
        lambda singular, plural, n: _catalogue().ngettext(singular, plural, n),
        newstyle=True,
    )
    # Jinja's own `gettext` makes a copy of the template's variables for each text of a loop.
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = _text


def _text(text: str, **values: object) -> Markup:
    """The translated `text` for a template, with `values` put in and escaped. As in Jinja, `%%` is a percent sign."""
    translated = _catalogue().gettext(text)
    if values:
        return Markup(translated) % values  # noqa: S704 (texts of the catalogue are markup)
    return Markup(translated % ())  # noqa: S704


def gettext(text: str, **values: object) -> str:
    """The translated `text` with `values` put in, as Flask-Babel's own, which takes three times as long.

    For modules that ask for many texts at each scan.
    """
    translated = _catalogue().gettext(text)
    return translated % values if values else translated


def _catalogue() -> NullTranslations:
    """The catalogue of the page's locale; looked up once a request, because templates ask for hundreds of texts."""
    found: NullTranslations | None = g.get("catalogue")
    if found is None:
        found = g.catalogue = catalogue(locale())
    return found


def choose(default: str) -> str:
    chosen = g.get("locale_override") or request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return str(chosen)
    for accepted, quality in request.accept_languages:  # the most wanted first
        found = _BY_LANGUAGE.get(accepted.replace("_", "-").partition("-")[0].lower())
        if found is not None and quality > 0:
            return found
    return default


def locale() -> str:
    """The page's locale: `pt_BR` or `en`; chosen once a request."""
    found: str | None = g.get("locale")
    if found is None:
        found = g.locale = str(get_locale() or LOCALES[0])
    return found


def override(chosen: str) -> None:
    """Answer this request in the locale `chosen`, whatever the browser prefers."""
    g.locale_override = chosen
    for kept in ("locale", "catalogue"):
        g.pop(kept, None)
    refresh()
