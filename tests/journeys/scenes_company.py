"""Pictures of members and of what owners and admins look after: entities, roles, plan, tokens, audit log."""

import re
import subprocess
import sys
from typing import Final

from playwright.sync_api import expect

from tests.journeys import steps
from tests.journeys.camera import Story

_ENTITIES: Final = "/settings/entities/"
_NEW: Final = {"en": "Acme Belgium", "fr": "Acme Suisse"}
_MORE: Final = "button[popovertarget]"


def members(story: Story) -> None:
    """Lists, one member, many at once, somebody suspended."""
    page = story.page
    steps.go_to(page, steps.MEMBERS)
    story.shoot("members")
    page.locator("thead button[popovertarget]").first.click()
    story.shoot("members column explained")
    steps.members(page, "invited")
    story.shoot("members invited")
    steps.members(page, "archived")
    story.shoot("members archived")
    steps.members(page, "active", search="nobody like this")
    story.shoot("members nothing found")
    story.visit("/members/invite/", "invite by hand")
    steps.members(page, "invited", hr="managed")
    for box in page.locator("tbody [name=member]").all()[:3]:
        box.check()
    story.shoot("members chosen")
    page.locator(".bulk button[name=action][value=suspend]").click()
    story.shoot("members suspend chosen")


def member(story: Story) -> None:
    """One managed member: the page, its menu, suspending and archiving."""
    page = story.page
    steps.members(page, "invited", hr="managed")
    page.locator("tbody a").nth(4).click()
    page.wait_for_url(re.compile(r"/members/\d+/"))
    here = page.url
    story.shoot("member")
    page.locator(f".bar {_MORE}").last.click()
    story.shoot("member menu")
    story.visit(f"{here}archive/", "member archive")
    story.visit(f"{here}suspend/", "member suspend")
    page.locator("[name=reason]").fill("Lost their laptop.")
    page.locator("main button.primary").click()
    story.visit(here, "member suspended")
    story.visit(f"{steps.MEMBERS}?state=invited&suspended=1", "members suspended")
    story.visit(f"{here}lift/", "member lift")
    page.locator("main button.primary").click()
    steps.members(page, "active")
    page.locator("tbody a").first.click()
    story.shoot("member active")


def why(story: Story) -> None:
    """Why somebody is, and somebody else is not, a member."""
    page = story.page
    story.visit("/why/", "why")
    story.visit("/why/?q=a", "why many found")
    story.visit("/why/?q=nobody+like+this", "why nobody found")
    people = story.demo.control(story.tool, "people")["people"]
    assert isinstance(people, list)
    working = [one for one in reversed(people) if one["status"] == "active" and one["work_email"]]
    for inside, name in ((True, "why a member"), (False, "why not a member")):
        found = next(one for one in working if (one["work_location"] in steps.OFFICES) is inside)
        story.visit(f"/why/?q={found['work_email']}", name)
    story.visit("/between/", "between nowhere")
    page.locator("main a[href*='/why/employee/']").first.wait_for()


def entities(story: Story) -> None:
    """Entities and roles, one more entity, and the connection that it shares."""
    page = story.page
    story.visit(_ENTITIES, "entities")
    page.locator(f'main td a[href^="{_ENTITIES}"]', has_text=story.entity).click()
    here = page.url
    story.shoot("entity")
    story.visit(f"{here}?q=an", "entity search")
    page.locator('main a[href*="/people/"]').last.click()
    story.shoot("change role")
    story.visit(f"{here}edit/", "edit entity")
    story.visit("/entity/choose/", "choose an entity")
    story.visit(f"{_ENTITIES}add/", "add entity")
    page.locator("[name=name]").fill(_NEW[story.language])
    page.locator("main form.form button.primary").click()
    page.goto(steps.MEMBERS)
    steps.look_at_entity(page, _NEW[story.language])
    steps.go_to(page, steps.INTEGRATIONS)
    story.shoot("gallery shared connection")
    page.locator('form[action$="/join/"] button', has_text=story.entity).click()
    page.goto(steps.CONFIGURE)
    steps.choose_offices(page, steps.OFFICES[1:])
    steps.save_and_apply(page)
    steps.confirm(page)
    story.visit("/between/?group=several", "between several")
    steps.look_at_entity(page, story.entity)


def company(story: Story) -> None:
    """The plan, API tokens, the audit log, mails of one's own."""
    page = story.page
    story.visit("/settings/plan/", "plan")
    story.visit("/settings/tokens/", "tokens")
    story.visit("/settings/tokens/new/", "make a token")
    page.locator("main form.form button.primary").click()
    story.shoot("make a token wrong")
    page.locator("[name=name]").fill("Payroll export")
    page.locator("[name=scopes][value=read]").check()
    page.locator("[name=ends][value='90']").check()
    page.locator("main form.form button.primary").click()
    page.locator("#token").wait_for()
    story.shoot("token made")
    page.goto("/settings/tokens/")
    page.locator('main a[href*="/revoke/"]').first.click()
    story.shoot("revoke a token")
    story.visit("/settings/audit/", "audit log")
    page.locator("details.entry summary").first.click()
    story.shoot("audit log unfolded")
    story.visit("/settings/audit/?q=nobody+like+this", "audit log nothing found")
    page.goto("/settings/audit/")
    page.locator('form[action$="/check/"] button').click()
    expect(page.locator("h1")).to_be_visible()
    story.shoot("audit log checked")
    story.visit("/me/", "my details owner")
    story.visit("/me/mails/", "my mails")
    story.visit("/operations/", "operations")
    story.visit("/account/password/change/", "change password")


def essentials(story: Story) -> None:
    """What owners see once the operator has put the company on the plan without HR integrations."""
    page = story.page
    steps.sign_in(story.window, story.demo, story.language)
    steps.look_at_entity(page, story.entity)
    page.goto("/settings/plan/")
    line = page.locator("main code", has_text="rollcall plan").inner_text().split()
    if line[-1] == "essentials":
        subprocess.run(
            [sys.executable, "-m", "rollcall.project", *line[1:]], env=story.demo.environment, check=True
        )
    story.visit(steps.INTEGRATIONS, "integrations on essentials")
    story.visit("/settings/plan/", "plan essentials")
