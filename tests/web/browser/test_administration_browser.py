"""The administration page in a browser: someone is let in, gets a role, and the log tells it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from brandstudio.domain.people import Role
from brandstudio.services.people import users
from brandstudio.services.studio import Studio
from tests.browsers import needs_chromium
from tests.conftest import PASSWORD, People

pytestmark = [pytest.mark.browser, needs_chromium]
Enter = Callable[[str], Page]


@pytest.fixture
def enter(chrome: Browser, address: str) -> Enter:
    """Opens the administration page in a browser of that person's own."""

    def opened(name: str) -> Page:
        page = chrome.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.goto(f"{address}/sign-in?next=/studio/administration")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/studio/administration")
        return page

    return opened


@pytest.mark.usefixtures("studio", "people")
def test_someone_is_invited_gets_a_role_and_the_log_tells_it_and_is_taken_out(
    enter: Enter, chrome: Browser
):
    ada = enter("ada")
    let_in(chrome, invited(ada, "Sam Ito"))
    ada.reload()
    role = ada.get_by_role("button", name="Role of Sam Ito in Voltra: creator")
    role.focus()
    ada.keyboard.press("Enter")
    ada.keyboard.press("ArrowDown")
    ada.keyboard.press("Enter")
    expect(ada.get_by_text("Sam Ito is reviewer in Voltra now")).to_be_visible()
    expect(ada.get_by_role("button", name="Role of Sam Ito in Voltra: reviewer")).to_be_focused()
    ada.get_by_role("tab", name="Audit log").click()
    newest = ada.get_by_role("region", name="Audit log").locator("[data-entry]").first
    expect(newest).to_contain_text("ada gave Sam Ito the role reviewer in Voltra")
    ada.get_by_role("combobox", name="Kind").select_option("people")
    expect(ada).to_have_url(re.compile("kind=people"))
    with ada.expect_download() as download:
        ada.get_by_role("button", name="Export").click()
        ada.get_by_role("menuitem", name="Spreadsheet (CSV)").click()
    taken = download.value.path().read_text(encoding="utf-8-sig")
    assert "ada invited Sam Ito to Voltra" in taken
    assert "signed in" not in taken


def invited(page: Page, name: str) -> str:
    """The link that lets someone in as a creator of Voltra, as the page shows it once."""
    page.get_by_role("button", name="Invite someone").click()
    dialog = page.get_by_role("dialog", name="Invite someone")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("combobox", name="Brand").select_option("voltra")
    dialog.get_by_role("combobox", name="Role").select_option("creator")
    dialog.get_by_role("button", name="Make the link").click()
    shown = page.get_by_role("dialog", name="Send this link")
    link = shown.get_by_role("textbox", name="Link").input_value()
    shown.get_by_role("button", name="Done").click()
    expect(page.get_by_role("table", name="Open invitations and links")).to_contain_text(name)
    return link


def let_in(browser: Browser, link: str) -> None:
    page = browser.new_context().new_page()
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill("another long password of theirs")
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/studio/")


def test_what_ends_is_asked_about_and_can_be_undone(studio: Studio, people: People, enter: Enter):
    ada = enter("ada")
    ada.get_by_role("button", name="More about carla").click()
    ada.get_by_role("menuitem", name="Disable").click()
    dialog = ada.get_by_role("dialog", name="Disable carla?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(ada.get_by_role("button", name="More about carla")).to_be_focused()
    assert not is_disabled(studio, people, "carla")
    ada.get_by_role("button", name="More about carla").click()
    ada.get_by_role("menuitem", name="Disable").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(ada.get_by_text("carla cannot sign in any more")).to_be_visible()
    assert is_disabled(studio, people, "carla")
    ada.get_by_role("button", name="Undo").click()
    expect(ada.get_by_text("carla can sign in again")).to_be_visible()
    assert not is_disabled(studio, people, "carla")


def test_somebody_is_signed_out_everywhere_and_somebody_who_left_is_removed(
    studio: Studio, people: People, enter: Enter
):
    carla, ada = enter("carla"), enter("ada")
    ada.get_by_role("button", name="More about carla").click()
    ada.get_by_role("menuitem", name="Sign out everywhere").click()
    asked = ada.get_by_role("dialog", name="Sign carla out everywhere?")
    asked.get_by_role("button", name="Sign out").click()
    expect(ada.get_by_text("carla is signed out everywhere")).to_be_visible()
    carla.goto(carla.url)
    expect(carla.get_by_role("button", name="Sign in")).to_be_visible()
    ada.get_by_role("button", name="More about carla").click()
    ada.get_by_role("menuitem", name="Remove for good").click()
    dialog = ada.get_by_role("dialog", name="Remove carla for good?")
    dialog.get_by_role("button", name="Remove").click()
    expect(ada.get_by_text("carla is removed")).to_be_visible()
    expect(ada.get_by_role("table", name="People")).not_to_contain_text("carla")
    assert is_disabled(studio, people, "carla")


@pytest.mark.usefixtures("people")
def test_after_an_incident_everybody_else_is_signed_out_at_once(enter: Enter):
    carla, rita, ada = enter("carla"), enter("rita"), enter("ada")
    ada.get_by_role("tab", name="Access").click()
    ada.get_by_role("button", name="Sign everybody out").click()
    asked = ada.get_by_role("dialog", name="Sign everybody out?")
    asked.get_by_role("button", name="Sign everybody out").click()
    expect(ada.get_by_text("Everybody else is signed out")).to_be_visible()
    expect(ada.locator("[data-session-id]")).to_have_count(1)
    expect(ada.get_by_role("button", name="Sign everybody out")).to_be_hidden()
    for page in (carla, rita):
        page.goto(page.url)
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def is_disabled(studio: Studio, people: People, name: str) -> bool:
    [found] = [a for a in users.everyone(studio, person=people.ada) if a.person.name == name]
    return found.disabled_at is not None


def test_the_owner_of_a_brand_finds_it_and_nothing_of_the_studio(
    studio: Studio, people: People, enter: Enter
):
    users.add(studio, "olga", {"voltra": Role.BRAND_OWNER}, PASSWORD, by=people.ada)
    olga = enter("olga")
    rail = olga.get_by_role("navigation", name="Studio")
    expect(rail.get_by_role("link", name="Administration")).to_be_visible()
    expect(olga.get_by_role("tab")).to_have_text(["People", "Audit log"])
    expect(olga.get_by_role("table", name="People")).to_contain_text("olga")
    expect(olga.get_by_role("button", name=re.compile("More about"))).to_have_count(0)


@pytest.mark.usefixtures("people")
def test_others_do_not_see_the_place_and_find_nothing_there(enter: Enter):
    carla = enter("carla")
    expect(carla.get_by_text("This page is for administrators")).to_be_visible()
    rail = carla.get_by_role("navigation", name="Studio")
    expect(rail.get_by_role("link", name="Brands")).to_be_visible()
    expect(rail.get_by_role("link", name="Administration")).to_have_count(0)
