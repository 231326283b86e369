"""Journeys of an account: sign-up by mail, a purchase, sign-in on another device, a new password."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.purchase_steps import go_on_to_checkout, press_continue
from tests.live_server import LiveServer
from tests.users.account_data import mail_link, read_mails

PASSWORD = "uma frase bem comprida"
NewPage = Callable[..., Page]


def mail_link_path(server: LiveServer, email: str, kind: str) -> str:
    """The path in the newest mail of that kind; the worker needs a moment to send it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for mail in reversed(read_mails(server.var / "mail")):
            if mail["To"] == email and f"/account/{kind}/" in mail_link(mail):
                return mail_link(mail)
        time.sleep(0.1)
    raise AssertionError(f"no {kind} mail came for {email}")


def sign_up(page: Page, server: LiveServer, email: str) -> None:
    page.goto(f"{server.url}/account/sign-up")
    page.get_by_label("Nome").fill("Ana Souza")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Senha").fill(PASSWORD)
    page.get_by_role("button", name="Criar minha conta").click()
    expect(page.get_by_role("heading", name="Veja seu e-mail")).to_be_visible()


def sign_in(page: Page, server: LiveServer, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{server.url}/account/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Senha").fill(password)
    page.get_by_role("button", name="Entrar").click()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_sign_up_a_purchase_and_a_sign_in_on_another_device(
    new_page: NewPage, live_server: LiveServer, scripts: bool
) -> None:
    email = f"ana-{scripts}@example.org".lower()
    page = new_page(java_script_enabled=scripts)
    sign_up(page, live_server, email)
    page.goto(live_server.url + mail_link_path(live_server, email, "verify"))
    page.get_by_role("button", name="Confirmar meu e-mail").click()
    expect(page.get_by_role("heading", name="Meus ingressos")).to_be_visible()
    page.get_by_role("link", name="Ver a programação").click()
    _buy(page, email)
    code = re.search(r"[A-Z]{3}-\d{4}", page.locator("main").inner_text())
    assert code is not None

    phone = new_page(java_script_enabled=scripts)
    phone.goto(f"{live_server.url}/account/orders")
    expect(phone.get_by_role("heading", name="Entrar")).to_be_visible()
    phone.get_by_label("E-mail").fill(email.upper())
    phone.get_by_label("Senha").fill(PASSWORD)
    phone.get_by_role("button", name="Entrar").click()
    phone.get_by_role("link", name=re.compile(code[0])).click()
    expect(phone.get_by_role("heading", name="Boa sessão!")).to_be_visible()


def _buy(page: Page, email: str) -> None:
    """Buy two tickets by Pix, without concessions; the account fills in the buyer."""
    page.locator("a.day:not(.empty)").nth(1).click()  # the next day, on which no screening has begun
    page.wait_for_url(re.compile("[?&]day="))
    page.locator("a.stub.ticket-paper:not(:has(.last))").last.click()
    page.locator("[data-best-button]").click()
    page.wait_for_url("**/types")
    go_on_to_checkout(page)
    expect(page.get_by_label("E-mail")).to_have_value(email)
    expect(page.get_by_label("Nome")).to_have_value("Ana Souza")
    press_continue(page)
    page.wait_for_url("**/payment")
    order = page.url.removesuffix("/payment")
    bank = page.locator("a[href^='/sandbox-bank/']")
    _until(page, page.url, bank)
    bank.click()
    page.locator("button[value=pay]").click()
    _until(page, order, page.get_by_role("heading", name="Boa sessão!"))


def _until(page: Page, address: str, sight: Locator) -> None:
    """Wait for `sight`; a page without polling is loaded again."""
    deadline = time.monotonic() + 20
    scripts = page.evaluate("() => 'htmx' in window")
    while not scripts and not sight.count() and time.monotonic() < deadline:
        page.wait_for_timeout(300)
        page.goto(address)
    expect(sight).to_be_visible(timeout=20_000)


def test_a_forgotten_password_is_reset(new_page: NewPage, live_server: LiveServer) -> None:
    email = "rosa@example.org"
    page, phone = new_page(), new_page()
    sign_up(page, live_server, email)
    page.goto(live_server.url + mail_link_path(live_server, email, "verify"))
    page.get_by_role("button", name="Confirmar meu e-mail").click()
    sign_in(phone, live_server, email, "isso não é a senha")
    expect(phone.locator(".error")).to_have_text("E-mail e senha não combinam.")
    expect(phone.get_by_label("E-mail")).to_have_value(email)
    secret = phone.get_by_label("Senha", exact=True)
    secret.fill("meia palavra")
    phone.get_by_role("button", name="Mostrar Senha").click()
    expect(secret).to_have_attribute("type", "text")
    phone.get_by_role("button", name="Esconder Senha").click()
    expect(secret).to_have_attribute("type", "password")
    phone.get_by_role("button", name="Esqueci minha senha").click()
    expect(phone.get_by_label("E-mail")).to_have_value(email)
    phone.get_by_role("button", name="Mandar o link").click()
    phone.goto(live_server.url + mail_link_path(live_server, email, "reset"))
    phone.get_by_label("Senha nova").fill("outra frase comprida")
    phone.get_by_role("button", name="Salvar e entrar").click()
    expect(phone.get_by_role("heading", name="Minha conta")).to_be_visible()
    expect(phone.get_by_text("A senha nova está salva")).to_be_visible()
    page.goto(f"{live_server.url}/account")
    expect(page.get_by_role("heading", name="Entrar")).to_be_visible()


def test_the_language_of_the_account_is_used_on_a_new_device(
    new_page: NewPage, live_server: LiveServer
) -> None:
    email = "eva@example.org"
    page = new_page()
    sign_up(page, live_server, email)
    page.goto(live_server.url + mail_link_path(live_server, email, "verify"))
    page.get_by_role("button", name="Confirmar meu e-mail").click()
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="My tickets")).to_be_visible()
    laptop = new_page(viewport={"width": 1280, "height": 800})
    sign_in(laptop, live_server, email)
    expect(laptop.get_by_role("heading", name="My tickets")).to_be_visible()
    laptop.goto(f"{live_server.url}/account")
    laptop.get_by_role("button", name="Sign out", exact=True).click()
    laptop.goto(f"{live_server.url}/account")
    expect(laptop.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_form_of_an_expired_session_is_sent_again_by_one_tap(
    new_page: NewPage, live_server: LiveServer
) -> None:
    """The CSRF token ended with the session: the form is shown again with its values."""
    page = new_page()
    page.goto(f"{live_server.url}/account/reset")
    page.get_by_label("E-mail").fill("ana@example.org")
    page.context.clear_cookies()
    page.get_by_role("button", name="Mandar o link").click()
    page.get_by_role("button", name="Enviar de novo").click()
    expect(page.get_by_role("heading", name="Veja seu e-mail")).to_be_visible()
