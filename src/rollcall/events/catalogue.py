"""The closed list of things that are told: the audit page, webhooks and mails know no others."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Event kinds. The value is stored and sent, and never changes its meaning; `DOCS` says when it is
    written.
    """

    MEMBER_INVITED = "member.invited"
    MEMBER_LINKED = "member.linked"
    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"
    MEMBER_ARCHIVED = "member.archived"
    MEMBER_REACTIVATED = "member.reactivated"
    MEMBER_RELEASED = "member.released"
    MEMBER_SIGNED_UP = "member.signed_up"
    MEMBER_INVITATION_RESENT = "member.invitation_resent"
    MEMBER_INVITATION_CANCELLED = "member.invitation_cancelled"
    MEMBER_INVITATION_REMINDED = "member.invitation_reminded"
    MEMBER_EMAIL_CHANGED = "member.email_changed"
    MEMBER_BANK_CHANGED = "member.bank_changed"
    MEMBER_BANK_DISPUTED = "member.bank_disputed"
    MEMBER_SUSPENDED = "member.suspended"
    MEMBER_SUSPENSION_LIFTED = "member.suspension_lifted"
    MEMBER_ERASED = "member.erased"
    MEMBER_ALLOWED_AGAIN = "member.allowed_again"
    AUDIT_EMPTIED = "audit.emptied"
    CONNECTION_CONNECTED = "connection.connected"
    CONNECTION_CHANGED = "connection.changed"
    CONNECTION_FAILED = "connection.failed"
    CONNECTION_RECOVERED = "connection.recovered"
    CONNECTION_DISCONNECTED = "connection.disconnected"
    TOOL_REQUESTED = "tool.requested"
    PLAN_PREVIEWED = "plan.previewed"
    PLAN_HELD = "plan.held"
    PLAN_APPROVED = "plan.approved"
    PLAN_REJECTED = "plan.rejected"
    PLAN_APPLIED = "plan.applied"
    SETTINGS_CHANGED = "settings.changed"
    LIMITS_CHANGED = "limits.changed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a kind of event, no secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a kind of event, no secret
    ENTITY_CREATED = "entity.created"
    ENTITY_CHANGED = "entity.changed"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    COMPANY_PLAN_CHANGED = "company.plan_changed"
    IDENTITY_DECIDED = "identity.decided"
    SUMMARY_WEEKLY = "summary.weekly"


DOCS: Final[Mapping[Kind, str]] = {
    Kind.MEMBER_INVITED: "A person was invited to the entity.",
    Kind.MEMBER_LINKED: "An existing member was tied to an employee of the HR tool.",
    Kind.MEMBER_CREATED: "A member was added to the directory.",
    Kind.MEMBER_UPDATED: "Fields of a member changed; the data names them.",
    Kind.MEMBER_ARCHIVED: "A member was archived.",
    Kind.MEMBER_REACTIVATED: "An archived member came back.",
    Kind.MEMBER_RELEASED: "A member is no longer managed by the HR tool.",
    Kind.MEMBER_SIGNED_UP: "An invited person signed up and is active.",
    Kind.MEMBER_INVITATION_RESENT: "An admin sent the invitation again.",
    Kind.MEMBER_INVITATION_CANCELLED: "An unused invitation was taken back.",
    Kind.MEMBER_INVITATION_REMINDED: "An invited person was reminded.",
    Kind.MEMBER_EMAIL_CHANGED: "The work address of a member changed.",
    Kind.MEMBER_BANK_CHANGED: "A bank account changed and waits for the member to confirm it.",
    Kind.MEMBER_BANK_DISPUTED: "A member said that the new bank account is not theirs.",
    Kind.MEMBER_SUSPENDED: "An admin suspended a member at once; their access ended, their state stayed.",
    Kind.MEMBER_SUSPENSION_LIFTED: "An admin lifted the suspension of a member.",
    Kind.MEMBER_ERASED: "An owner erased an archived member for good; nothing says who it was.",
    Kind.MEMBER_ALLOWED_AGAIN: "An owner let somebody who was erased come back from the HR tool.",
    Kind.AUDIT_EMPTIED: "Entries of the audit log were emptied of a person; the data vouches for what is left.",
    Kind.CONNECTION_CONNECTED: "An HR tool was connected.",
    Kind.CONNECTION_CHANGED: "Credentials or options of a connection changed.",
    Kind.CONNECTION_FAILED: "A connection stopped working and somebody must act.",
    Kind.CONNECTION_RECOVERED: "A failing connection works again.",
    Kind.CONNECTION_DISCONNECTED: "An HR tool was disconnected; members stay as they are (S47, S48).",
    Kind.TOOL_REQUESTED: "An admin asked for an HR tool that cannot be connected yet.",
    Kind.PLAN_PREVIEWED: "A plan was shown to a person.",
    Kind.PLAN_HELD: "A plan passed a limit and waits for a person.",
    Kind.PLAN_APPROVED: "A person approved a plan by its digest.",
    Kind.PLAN_REJECTED: "A person rejected a plan.",
    Kind.PLAN_APPLIED: "The changes of a plan were made.",
    Kind.SETTINGS_CHANGED: "Scope, options or limits of an entity changed.",
    Kind.LIMITS_CHANGED: "A person changed limits of an entity; the data names each before and after, and why.",
    Kind.TOKEN_ISSUED: "An API token was made.",
    Kind.TOKEN_REVOKED: "An API token was revoked.",
    Kind.ENTITY_CREATED: "An entity was added to the company.",
    Kind.ENTITY_CHANGED: "Name, time zone or language of an entity changed; the data names them.",
    Kind.MEMBER_ROLE_CHANGED: "A person gave a member another role; the data names both.",
    Kind.COMPANY_PLAN_CHANGED: "The operator put the company on another billing plan.",
    Kind.IDENTITY_DECIDED: "A person said whether an HR record and a member are one person; the data names both.",
    Kind.SUMMARY_WEEKLY: "The weekly summary of an entity was made for its owners and admins.",
}
