"""The pictures of films: posters, their alternative texts, and the pictures that other sites show with a link."""

from __future__ import annotations

from pathlib import Path

from flask import current_app, url_for
from flask_babel import gettext as _

from app.events.service import Film
from app.web.links import absolute
from app.web.locale import locale


def poster(film: Film, *, external: bool = False) -> str:
    """The address of the film's poster, or of the blank poster if it has none."""
    path = url_for("static", filename=f"img/posters/{film.poster or 'blank'}.svg")
    return absolute(path) if external else path


def poster_alt_text(film: Film) -> str:
    """The alternative text of the poster. It quotes the poster's title if that differs from the page's (Portuguese)."""
    name = film.title_in(locale())
    if film.poster and name != film.title:
        return _("Poster of %(film)s, which says “%(title)s”", film=name, title=film.title)
    return _("Poster of %(film)s", film=name)


def share_picture(film: Film) -> str:
    """The address of the picture that other sites show with a link: the film's own, else the general one."""
    own = f"img/share/{film.poster}.png"
    exists = bool(film.poster) and (current_app.static_folder or "") and _static_file(own)
    return absolute(url_for("static", filename=own if exists else "img/share.png"))


def _static_file(name: str) -> bool:
    return Path(str(current_app.static_folder), name).is_file()
