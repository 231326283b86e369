"""The cinemas that commands are given by their slugs."""

from __future__ import annotations

import click


def site_id_of(slug: str) -> int:
    """The id of the cinema with this slug. Raises ClickException with the slugs that there are."""
    from app.events import service as events

    known = {one.slug: one.id for one in events.cinemas()}
    if slug not in known:
        raise click.ClickException(f"there is no cinema {slug}, but {', '.join(known) or 'none at all'}")
    return known[slug]
