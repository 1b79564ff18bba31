"""Every page, one line each. The navigation uses the names "members", "runs", "integrations" and "me"."""

from django.urls import path

from rollcall.connections import opening, webhooks
from rollcall.web import design, session
from rollcall.web.choosing import between, configure, numbers, why
from rollcall.web.company import audit, audit_file, company_plan, entities, tokens
from rollcall.web.identity import who
from rollcall.web.mails import mail, mail_choices, mail_preview
from rollcall.web.members import erase, join, me, member, member_acts, member_bulk, members
from rollcall.web.operations import metrics, operations
from rollcall.web.plans import plan_file, preview, runs
from rollcall.web.tools import (
    authorise,
    connect,
    csv_upload,
    drill,
    guides,
    instant,
    integrations,
    limits,
    tool_requests,
    webhook,
)

urlpatterns = [
    # who is here
    path("", session.home, name="home"),
    path("entity/", session.switch_entity, name="switch_entity"),
    path("entity/choose/", session.choose_entity, name="choose_entity"),
    path("language/", session.switch_language, name="switch_language"),
    # joining
    path("join/<str:token>/", join.join, name="join"),
    path("welcome/", join.welcome, name="welcome"),
    # members
    path("members/", members.members, name="members"),
    path("members/invite/", members.invite, name="invite_member"),
    path("members/chosen/", member_bulk.ask, name="ask_members"),
    path("members/chosen/do/", member_bulk.do, name="do_members"),
    path("members/<int:member_id>/", member.member, name="member"),
    path("members/<int:member_id>/suspend/", member_acts.suspend, name="suspend_member"),
    path("members/<int:member_id>/lift/", member_acts.lift, name="lift_suspension"),
    path("members/<int:member_id>/archive/", member_acts.archive, name="archive_member"),
    path("members/<int:member_id>/bring-back/", member_acts.bring_back, name="bring_back_member"),
    path("members/<int:member_id>/resend/", member_acts.resend, name="resend_invitation"),
    path("members/<int:member_id>/erase/", erase.erase, name="erase_member"),
    path("members/erased/", erase.erased, name="erased_members"),
    path("members/erased/<int:tombstone_id>/allow/", erase.allow_again, name="allow_again"),
    path("members/<int:member_id>/cancel/", member_acts.cancel, name="cancel_invitation"),
    path("me/", me.me, name="me"),
    path("me/bank/", me.confirm_bank, name="confirm_bank"),
    path("me/mails/", mail_choices.my_mails, name="my_mails"),
    path("mails/off/<str:token>/", mail_choices.mails_off, name="mails_off"),
    path("me/bank/not-mine/", me.dispute_bank, name="dispute_bank"),
    # the HR tool
    path("settings/integrations/", integrations.integrations, name="integrations"),
    path("settings/integrations/status/", integrations.status, name="integrations_status"),
    path("settings/integrations/sync/", integrations.sync_now, name="sync_now"),
    path("settings/integrations/pause/", integrations.pause, name="pause"),
    path("settings/integrations/resume/", integrations.resume, name="resume"),
    path("settings/integrations/join/", integrations.join, name="join_connection"),
    path("settings/integrations/request/", tool_requests.request_tool, name="request_tool"),
    path("settings/integrations/guides/", guides.guides, name="guides"),
    path("settings/integrations/other/guide/", guides.other_tool, name="other_tool"),
    path("settings/integrations/disconnect/", integrations.disconnect, name="disconnect"),
    path("settings/integrations/limits/", limits.limits, name="limits"),
    path("settings/integrations/instant/", instant.instant, name="instant"),
    path("settings/integrations/drill/", drill.drill, name="drill"),
    path("settings/integrations/drill/progress/", drill.progress, name="drill_progress"),
    path("settings/integrations/configure/", configure.configure, name="configure"),
    path("settings/integrations/configure/count/", numbers.count, name="configure_count"),
    path("settings/integrations/configure/against/", numbers.against, name="configure_against"),
    path("settings/integrations/configure/people/", configure.people, name="configure_people"),
    path("settings/integrations/plan/<int:plan_id>/", preview.plan, name="plan"),
    path("settings/integrations/plan/<int:plan_id>/progress/", preview.progress, name="plan_progress"),
    path("settings/integrations/plan/<int:plan_id>/decide/", preview.decide, name="plan_decide"),
    path("settings/integrations/plan/<int:plan_id>/undo/", preview.undo, name="plan_undo"),
    path("settings/integrations/plan/<int:plan_id>/changes.csv", plan_file.changes_csv, name="plan_csv"),
    path("settings/integrations/csv/connect/", csv_upload.upload, name="csv_upload"),
    path("settings/integrations/csv/again/", csv_upload.again, name="csv_again"),
    path("settings/integrations/csv/files/<int:file_id>/", csv_upload.preview, name="csv_file"),
    path("settings/integrations/<slug:tool>/connect/", connect.review, name="connect"),
    path(
        "settings/integrations/<slug:tool>/connect/access/", connect.credentials, name="connect_credentials"
    ),
    path("settings/integrations/<slug:tool>/connect/confirm/", connect.confirm, name="connect_confirm"),
    path("settings/integrations/<slug:tool>/guide/", guides.guide, name="guide"),
    path("settings/integrations/<slug:tool>/connect/authorise/", authorise.authorise, name="authorise"),
    path(opening.AUTHORISED, authorise.authorised, name="authorised"),
    path("runs/", runs.history, name="runs"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    # the company
    path("settings/entities/", entities.entities, name="entities"),
    path("settings/entities/add/", entities.add_entity, name="add_entity"),
    path("settings/entities/<int:entity>/", entities.entity, name="entity"),
    path("settings/entities/<int:entity>/edit/", entities.edit_entity, name="edit_entity"),
    path("settings/entities/<int:entity>/people/<int:member_id>/", entities.change_role, name="change_role"),
    path("settings/plan/", company_plan.company_plan, name="company_plan"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new/", tokens.make_token, name="make_token"),
    path("settings/tokens/<int:token_id>/revoke/", tokens.revoke_token, name="revoke_token"),
    path("settings/audit/", audit.audit, name="audit"),
    path("settings/audit/check/", audit.check_audit, name="check_audit"),
    path("settings/audit/entries.csv", audit_file.audit_csv, name="audit_csv"),
    # why somebody is, or is not, a member
    path("why/", why.why_search, name="why_search"),
    path("why/employee/<int:row_id>/", why.why_employee, name="why_employee"),
    path("why/member/<int:member_id>/", why.why_member, name="why_member"),
    path("between/", between.between, name="between"),
    path("between/people.csv", between.between_csv, name="between_csv"),
    # records of which only a person can say whose they are
    path("conflicts/", who.who, name="who"),
    path("conflicts/<int:row_id>/decide/", who.decide, name="decide_who"),
    # calls of HR tools
    path(f"{webhooks.PATH}<str:token>/", webhook.webhook, name="webhook"),
    # whoever runs this Rollcall
    path("operations/", operations.operations, name="operations"),
    path("metrics", metrics.metrics, name="metrics"),
    path("metrics.json", metrics.as_json, name="metrics_json"),
    # demonstration
    path("demo/mail/", mail.mails, name="demo_mail"),
    path("demo/mails/", mail_preview.previews, name="demo_mails"),
    path("demo/mails/<slug:mail>/<slug:language>/", mail_preview.preview, name="demo_mail_preview"),
    path("demo/parts/", design.parts, name="design"),
]
