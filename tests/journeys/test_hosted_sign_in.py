"""A journey through the pages of an identity provider, by keyboard: sign in, see the own orders, sign out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import oidc_provider
from tests.journeys.axe_checks import violations
from tests.live_server import LiveServer
from tests.oidc_provider import HostedPages


@pytest.fixture(scope="module")
def pages() -> Iterator[HostedPages]:
    with oidc_provider.running() as found:
        yield found


def press(control: Locator) -> None:
    control.focus()
    control.press("Enter")


def test_sign_in_and_out_by_hosted_pages(
    page: Page, make_live_server: Callable[..., LiveServer], pages: HostedPages
) -> None:
    server = make_live_server(demo=False, WEB_WORKERS="1", **pages.settings)
    page.goto(f"{server.url}/account/orders")
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()
    assert violations(page) == []
    press(page.get_by_role("link", name="Ir para a entrada"))
    page.wait_for_url(f"{pages.address}/**")
    press(page.get_by_role("button", name="ana"))
    expect(page.get_by_role("heading", name="Meus ingressos")).to_be_visible()

    page.goto(f"{server.url}/account")
    press(page.get_by_role("button", name="Sair", exact=True))
    page.wait_for_url(f"{pages.address}/oauth2/end_session?**")
    press(page.get_by_role("button").first)
    page.wait_for_url(f"{server.url}/")
    page.goto(f"{server.url}/account")
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()
