"""Pictures of everything about an HR tool: the gallery, the dialog, settings, previews, runs, the end."""

import re
from typing import Final

from playwright.sync_api import expect

from tests.journeys import steps
from tests.journeys.camera import Story

_PROGRESS: Final = "**/progress/**"
_STATUS: Final = "**/integrations/status/**"
_FILE: Final = (
    "Employee number;First name;Last name;Work e-mail;Status\r\n7;Ada;Byron;ada@files.example;active\r\n"
)
_LONG: Final = 60_000  # milliseconds
_MOVED: Final = 60
_ELSEWHERE: Final = "Berlin"


def gallery(story: Story) -> None:
    """Before anything is connected."""
    story.visit(steps.MEMBERS, "members before")
    story.visit("/why/", "why before")
    story.visit("/between/", "between before")
    story.visit("/conflicts/", "who is who before")
    story.visit("/runs/", "runs before")
    story.visit(steps.INTEGRATIONS, "gallery")
    story.visit(f"{steps.INTEGRATIONS}?q=sage", "gallery nothing found")
    story.visit(f"{steps.INTEGRATIONS}request/", "request a tool")
    story.page.locator("main [name=name]").fill("Sage Paie")
    story.page.locator("main form.form button.primary").click()
    story.visit(steps.INTEGRATIONS, "gallery requested")
    story.visit(f"{steps.INTEGRATIONS}guides/", "guides")
    story.visit(f"{steps.INTEGRATIONS}hibob/guide/", "guide")
    story.visit(f"{steps.INTEGRATIONS}other/guide/", "other tool")
    story.visit(f"{steps.INTEGRATIONS}payfit/connect/", "connect payfit data")
    steps.submit(story.page)
    story.shoot("connect payfit sign in")


def files(story: Story) -> None:
    """The dialog for a file, up to what is read in it."""
    story.visit(f"{steps.INTEGRATIONS}csv/connect/", "file upload")
    story.page.locator("#csv-file").set_input_files(
        {"name": "people.csv", "mimeType": "text/csv", "buffer": _FILE.encode()}
    )
    story.page.locator("main form[enctype] button.primary").click()
    story.shoot("file preview")


def dialog(story: Story) -> None:
    """The three steps, with a wrong key on the way, and the first read."""
    page, given = story.page, story.demo.credentials[story.tool]
    for fault in ({"id": "I2", "mode": "same"}, {"id": "M2", "mode": "loop"}):
        story.demo.control(story.tool, "faults", {"on": fault})
    steps.go_to(page, steps.INTEGRATIONS)
    steps.choose_tool(page, story.tool)
    story.shoot("connect data")
    steps.submit(page)
    story.shoot("connect access")
    wrong = {name: "0" * len(value) for name, value in given.items()}
    steps.give(page, {**wrong, "subdomain": given["subdomain"]})
    page.locator("#connect-error").wait_for()
    story.shoot("connect wrong key")
    steps.give(page, given)
    page.wait_for_url("**/connect/confirm/")
    story.shoot("connect confirm")
    story.demo.control(
        story.tool, "faults", {"on": {"id": "T7", "mode": "seconds", "seconds": 6, "times": 1}}
    )
    with story.held_still(_STATUS):
        steps.submit(page)
        page.wait_for_url(f"**{steps.INTEGRATIONS}")
        story.shoot("connecting")
    steps.wait_for_first_read(page)
    story.shoot("action required")


def settings(story: Story) -> None:
    """Choosing employees: everybody, a filter, a name, and what is forgotten."""
    page = story.page
    page.locator(f'#tool-card a.primary[href="{steps.CONFIGURE}"]').click()
    story.shoot("configure everybody")
    page.locator("#scope-filter").check()
    page.locator("#c0-attribute").wait_for()
    steps.settle(page)
    page.locator("button[name=op][value=save]").click()
    story.shoot("configure something missing")
    page.goto(steps.CONFIGURE)
    steps.choose_offices(page, steps.OFFICES)
    steps.counted(page)
    story.shoot("configure filter")
    page.locator("[name=who]").fill("an")
    page.locator("#found li").first.wait_for()
    steps.settle(page)
    story.shoot("configure find a person")


def preview(story: Story) -> None:
    """Each group of the preview, a line unfolded, and its confirmation."""
    page = story.page
    page.goto(steps.CONFIGURE)
    steps.choose_offices(page, steps.OFFICES)
    steps.save_and_apply(page)
    for kind, many in steps.groups(page).items():
        if many:
            steps.open_group(page, kind)
            story.shoot(f"preview {kind}")
    page.goto(page.url.split("?")[0])
    page.locator("details.change summary").first.click()
    story.shoot("preview unfolded")
    with story.held_still(_PROGRESS):
        if page.locator("#override").count():
            page.locator("#override").fill("The first time; looked through.")
        page.locator("button[name=decision][value=approve]").click()
        page.wait_for_load_state()
        story.shoot("applying")
    expect(page.locator("main .note.ok")).to_be_visible(timeout=_LONG)
    story.shoot("applied")
    steps.go_to(page, steps.INTEGRATIONS)
    story.shoot("connected")
    page.locator("#tool-more").click()
    story.shoot("connected menu")
    story.visit(f"{steps.INTEGRATIONS}instant/", "instant changes")
    story.visit(f"{steps.INTEGRATIONS}limits/", "limits")
    story.visit(f"{steps.INTEGRATIONS}drill/", "fire drill before")
    page.locator("#drill-start").click()
    page.locator("#drill-verdict").wait_for(timeout=_LONG)
    page.locator("details.more summary").first.click()
    story.shoot("fire drill")
    story.visit(steps.CONFIGURE, "configure again")


def runs(story: Story) -> None:
    """A sync with something to tell, its page, and how it is taken back."""
    page = story.page
    story.demo.control(story.tool, "hire", {"n": 3, "work_location": steps.OFFICES[0]})
    steps.sync_now(page)
    story.visit("/runs/", "runs")
    page.locator('main td a[href^="/runs/"]').first.click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    story.shoot("run")
    page.locator('main form[action$="/undo/"] button').first.click()
    page.locator("button[name=decision][value=approve]").wait_for()
    story.shoot("undo")
    if page.locator("#override").count():
        page.locator("#override").fill("They were hired by mistake.")
    page.locator("button[name=decision][value=approve]").click()
    expect(page.locator("main .note.ok")).to_be_visible(timeout=_LONG)
    story.shoot("undone")
    story.visit(steps.INTEGRATIONS, "paused")
    page.locator("#tool-resume").click()
    expect(page.locator("#tool-sync")).to_be_enabled(timeout=_LONG)


def held(story: Story) -> None:
    """Many of an office move to another one in the HR tool: they would fall out, so a person decides."""
    page = story.page
    people = story.demo.control(story.tool, "people")["people"]
    assert isinstance(people, list)
    moved = [one["id"] for one in people if one["work_location"] == steps.OFFICES[0]][:_MOVED]
    _move(story, moved, _ELSEWHERE)
    steps.sync_now(page)
    story.shoot("held")
    story.visit("/runs/", "runs with a held plan")
    page.goto(steps.INTEGRATIONS)
    page.locator("#tool-held").click()
    page.wait_for_url(re.compile(r"/plan/\d+/"))
    story.shoot("held plan")
    page.locator("button[name=decision][value=reject]").click()
    story.shoot("rejected")
    _move(story, moved, steps.OFFICES[0])


def _move(story: Story, ids: list[int], place: str) -> None:
    story.demo.control(story.tool, "change", {"ids": ids, "fields": {"work_location": place}})


def failed(story: Story) -> None:
    """The key is taken away, and comes back."""
    page = story.page
    story.demo.control(story.tool, "credentials", {"action": "revoke"})
    steps.go_to(page, steps.INTEGRATIONS)
    page.locator('form[action$="/sync/"] button').click()
    page.locator("#tool-mend").wait_for(timeout=_LONG)
    story.shoot("error")
    story.visit("/runs/?show=failed", "runs failed")
    page.locator('main td a[href^="/runs/"]').first.click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    story.shoot("run failed")
    story.demo.control(story.tool, "credentials", {"action": "restore"})
    steps.sync_now(page)


def leave(story: Story) -> None:
    """Disconnect, and what is left."""
    page = story.page
    steps.look_at_entity(page, story.entity)
    steps.go_to(page, steps.INTEGRATIONS)
    steps.ask_to_disconnect(page)
    story.shoot("disconnect")
    steps.submit(page)
    page.wait_for_url(f"**{steps.INTEGRATIONS}")
    story.shoot("disconnected")
    steps.members(page, "invited", hr="released")
    story.shoot("members disconnected")
    page.locator("tbody a").first.click()
    story.shoot("member disconnected")
