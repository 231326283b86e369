"""Which language a page speaks: the visitor's choice, the account's, the browser's, then the house's."""

from __future__ import annotations

from gettext import NullTranslations

from flask import (
    Blueprint,
    Flask,
    Response,
    after_this_request,
    g,
    make_response,
    redirect,
    request,
)
from flask_babel import Babel, Domain, get_locale, refresh

from app.core import db
from app.core.config import Settings
from app.core.i18n import LOCALES, catalogue
from app.users import service as users
from app.web.devices import LANGUAGE_COOKIE
from app.web.security import csrf, from_our_own_page, over_tls, safe_next
from app.web.sign_in import session_key, signed_in_user

COOKIE = LANGUAGE_COOKIE
blueprint = Blueprint("language", __name__)
babel = Babel()


class OurDomain(Domain):
    """The texts of `core.i18n`. Flask-Babel would load every catalogue once more, in each process after its fork."""

    def get_translations(self) -> NullTranslations:
        return _catalogue()


def init_app(app: Flask, settings: Settings) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = settings.cinema.default_locale
    babel.init_app(app, locale_selector=lambda: choose(settings.cinema.default_locale))
    babel.domain_instance = OurDomain()
    # Templates ask for hundreds of texts: the catalogue is looked up once a request, not once a text.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _catalogue().gettext(text),
        lambda singular, plural, n: _catalogue().ngettext(singular, plural, n),
        newstyle=True,
    )
    app.register_blueprint(blueprint)


def _catalogue() -> NullTranslations:
    found: NullTranslations | None = g.get("catalogue")
    if found is None:
        found = g.catalogue = catalogue(locale())
    return found


def choose(default: str) -> str:
    chosen = g.get("locale_override") or request.cookies.get(COOKIE)
    if chosen in LOCALES:
        return str(chosen)
    accepted = request.accept_languages.best_match(["pt-BR", "pt", "en"])
    if accepted is None:
        return default
    return "en" if accepted == "en" else "pt_BR"


def locale() -> str:
    """The page's locale: `pt_BR` or `en`; chosen once a request."""
    found: str | None = g.get("locale")
    if found is None:
        found = g.locale = str(get_locale() or LOCALES[0])
    return found


@blueprint.post("/language")
@csrf.exempt
def switch() -> Response:
    """Remember the visitor's language and go back where they were.

    Its form stands on every page and carries no token, so that who only looks around gets no session for it.
    """
    chosen = request.form.get("language", "") if from_our_own_page() else ""
    response = make_response(redirect(safe_next(request.form.get("next")), 303))
    return _remember(chosen, response) if chosen in LOCALES else response


def switched_within_form() -> bool:
    """Whether this form came by its button of the other language: nothing is asked for yet.

    Then the answer speaks that language already, and is to be the page as it was filled in: what stands in a form and
    was not sent would be lost on the way by `/language`.
    """
    chosen = request.form.get("language", "")
    if chosen not in LOCALES:
        return False
    g.locale_override = chosen
    for kept in ("locale", "catalogue"):
        g.pop(kept, None)
    refresh()
    after_this_request(lambda response: _remember(chosen, response))
    return True


def _remember(chosen: str, response: Response) -> Response:
    if session_key() is not None:
        _tell_account(chosen)
    response.set_cookie(COOKIE, chosen, max_age=31536000, samesite="Lax", httponly=True, secure=over_tls())
    return response


def _tell_account(chosen: str) -> None:
    """Mails to the account speak the language that its owner reads pages in."""
    user = signed_in_user()
    if user is not None:
        with db.transaction():
            users.change_locale(user.id, chosen)
