"""The main job in a real browser: brief, ranked grid, review by a second person, pack."""

import json
import re
import zipfile
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from playwright.sync_api import Browser, Page, expect

from tests.conftest import PASSWORD
from tests.e2e.conftest import Server

pytestmark = pytest.mark.browser
SignIn = Callable[[str], Page]


def test_a_campaign_goes_from_brief_to_pack(
    server: Server, browser: Browser, sign_in: SignIn, tmp_path
):
    become_administrator(server, browser)
    admin = sign_in("Ada")
    for name, role in (("carla", "creator"), ("rita", "reviewer")):
        accept(browser, invitation(admin, server, name, role))

    carla = sign_in("carla")
    run_url = submit_a_brief(carla)
    expect(carla.get_by_role("progressbar")).to_be_visible()
    carla = in_another_tab(carla, run_url)
    tiles = carla.get_by_role("grid", name="Variants").locator("[data-variant-id]")
    expect(tiles).to_have_count(4, timeout=300_000)
    submit_all_for_review(carla)

    rita = sign_in("rita")
    approve_one_and_reject_one_by_keyboard(rita, server)

    carla.goto(f"{server.url}/studio/library")
    with carla.expect_download(timeout=120_000) as download:
        build_pack(carla)
    path = tmp_path / "pack.zip"
    download.value.save_as(path)
    check_pack(path)


def become_administrator(server: Server, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(server.welcome)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    page.wait_for_url("**/studio/**")
    page.close()


def invitation(page: Page, server: Server, name: str, role: str) -> str:
    """A link for someone with this role in every brand."""
    page.goto(f"{server.url}/studio/administration")
    page.get_by_role("button", name="Invite someone").click()
    dialog = page.get_by_role("dialog", name="Invite someone")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("combobox", name="Brand").select_option("*")
    dialog.get_by_role("combobox", name="Role").select_option(role)
    dialog.get_by_role("button", name="Make the link").click()
    shown = page.get_by_role("dialog", name="Send this link")
    return shown.get_by_role("textbox", name="Link").input_value()


def accept(browser: Browser, link: str) -> None:
    """Open the link and choose a password."""
    page = browser.new_page()
    page.goto(link)
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("button[type=submit]").click()
    page.wait_for_url("**/studio/**")
    page.close()


def submit_a_brief(page: Page) -> str:
    page.get_by_role("radio", name="Voltra").check(force=True)
    expect(page.get_by_text("voltra-look at")).to_be_visible()
    page.get_by_role("textbox", name=re.compile("^Headline")).fill("Turn the volume up")
    page.get_by_role("textbox", name=re.compile("^Call to action")).fill("Try it")
    for placement in ("Feed square", "Story, also safe"):
        page.get_by_role("checkbox", name=re.compile(f"^{placement}")).check(force=True)
    page.locator("#generate").click()
    page.wait_for_url(re.compile(r"/studio/runs\?run=\d+"))
    return page.url


def in_another_tab(page: Page, url: str) -> Page:
    """Close the tab and come back later: nothing may depend on it having been open."""
    other = page.context.new_page()
    other.set_default_timeout(60_000)
    page.close()
    other.goto(url)
    return other


def submit_all_for_review(page: Page) -> None:
    page.get_by_role("button", name="Select all").first.click()
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("[data-variant-id][data-review=pending]")).to_have_count(4)


def approve_one_and_reject_one_by_keyboard(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/studio/review")
    grid = page.get_by_role("grid", name="Variants")
    expect(grid.locator("[data-variant-id]")).to_have_count(4)
    grid.locator("[data-variant-id]").first.focus()
    with page.expect_response("**/api/v1/decisions"):
        page.keyboard.press("a")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    page.get_by_role("textbox", name="Reason").fill("Copy space too busy")
    with page.expect_response("**/api/v1/decisions"):
        page.keyboard.press("Control+Enter")
    page.goto(f"{server.url}/studio/review")
    expect(grid.locator("[data-variant-id]")).to_have_count(2)


def build_pack(page: Page) -> None:
    asset = page.get_by_role("list", name="Approved assets").locator("[data-variant-id]").first
    asset.get_by_role("checkbox").check(force=True)
    page.get_by_role("button", name="Build pack").click()
    page.get_by_role("link", name=re.compile("Download")).first.click()


def check_pack(path) -> None:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["brand"]["slug"] == "voltra"
        folders = {rendition["path"].split("/")[0] for rendition in manifest["renditions"]}
        assert folders == {"instagram-square", "story"}
        for rendition in manifest["renditions"]:
            image = Image.open(BytesIO(archive.read(rendition["path"])))
            assert image.size == (rendition["width_px"], rendition["height_px"])
        [original] = manifest["originals"]
        leaving, out = archive.read(original["path"]), original["withheld"]
        shown = PngImageFile(BytesIO(leaving))
        assert "parameters" not in shown.text
        assert "trainedAlgorithmicMedia" in shown.text["XML:com.adobe.xmp"]
        approved = leaving[: out["at"]] + b64decode(out["bytes"])
        approved += leaving[out["at"] + out["length"] :]
        assert sha256(approved).hexdigest() == original["decision"]["image_sha256"]
        stored = PngImageFile(BytesIO(approved))
        assert "Turn the volume up" not in stored.text["parameters"]
        assert "voltra brand style" in stored.text["parameters"]
        assert "trainedAlgorithmicMedia" in stored.text["XML:com.adobe.xmp"]
