"""What people do to members by hand, and members to themselves."""

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from rollcall.directory import actions as directory
from rollcall.directory import bulk, roles
from rollcall.directory.models import Member
from rollcall.engine.roster import Role, State
from tests.stateful.telling import PICK, Told, one_of


class ByHand(Told):
    """Rules of people."""

    def _member(self, which: int, *states: State) -> Member | None:
        return one_of(self.it.members(state__in=states or list(State)), which)

    @rule(who=PICK, field=st.sampled_from(("first_name", "job_title", "email")))
    def admin_edits_a_member(self, who: int, field: str) -> None:
        member = self._member(who, State.ACTIVE, State.INVITED)
        value = f"edited.{len(self.story)}@acme.example" if field == "email" else f"Edited {len(self.story)}"
        if member is not None:
            self.person(
                f"{field} of member {member.pk} is edited",
                lambda: self.it.get(
                    lambda: directory.edit(member, {field: value}, actor=self.it.alice, now=timezone.now())
                ),
            )

    @rule(who=PICK, action=st.sampled_from(tuple(bulk.Action)), count=st.sampled_from((1, 1, 2)))
    def admin_acts_on_members(self, who: int, action: bulk.Action, count: int) -> None:
        members = self.it.members(self.it.first)
        chosen = [one.pk for one in members[who % max(len(members), 1) :][:count]]
        self.person(
            f"{action} of members {chosen}",
            lambda: self.it.get(
                lambda: bulk.do(
                    self.it.first, chosen, action, actor=self.it.alice, now=timezone.now(), reason="a reason"
                )
            ),
        )

    @rule(who=st.sampled_from((0, 1)))
    def admin_invites_by_hand(self, who: int) -> None:
        self.person(
            f"hand{who} is invited by hand",
            lambda: self.it.get(
                lambda: directory.invite_by_hand(
                    self.it.first,
                    email=f"Hand{who}@acme.example",
                    first_name="Hand",
                    last_name="Made",
                    role=Role.REQUESTER,
                    actor=self.it.alice,
                    now=timezone.now(),
                )
            ),
        )

    @rule(who=PICK, role=st.sampled_from((Role.OWNER, Role.OWNER, Role.ADMIN, Role.REQUESTER)))
    def admin_gives_a_role(self, who: int, role: Role) -> None:
        member = self._member(who, State.ACTIVE)
        if member is not None:
            self.person(
                f"member {member.pk} becomes {role}",
                lambda: self.it.get(lambda: roles.change_role(member, role, actor=self.it.alice)),
            )

    @rule(who=PICK)
    def a_member_signs_up(self, who: int) -> None:
        member = self._member(who, State.INVITED)
        if member is not None:
            self.person(f"member {member.pk} signs up", lambda: self.it.sign_up(member))
