"""Every page, one line each. The navigation uses the names "members", "runs", "integrations" and "me"."""

from django.urls import path

from rollcall.web import (
    authorise,
    configure,
    connect,
    csv_upload,
    guides,
    instant,
    integrations,
    join,
    mail,
    me,
    members,
    preview,
    runs,
    session,
    webhook,
)

urlpatterns = [
    # who is here
    path("", session.home, name="home"),
    path("entity/", session.switch_entity, name="switch_entity"),
    path("language/", session.switch_language, name="switch_language"),
    # joining
    path("join/<str:token>/", join.join, name="join"),
    path("welcome/", join.welcome, name="welcome"),
    # members
    path("members/", members.members, name="members"),
    path("members/invite/", members.invite, name="invite_member"),
    path("members/<int:member_id>/", members.member, name="member"),
    path("members/<int:member_id>/archive/", members.archive, name="archive_member"),
    path("members/<int:member_id>/bring-back/", members.bring_back, name="bring_back_member"),
    path("members/<int:member_id>/resend/", members.resend, name="resend_invitation"),
    path("members/<int:member_id>/cancel/", members.cancel, name="cancel_invitation"),
    path("me/", me.me, name="me"),
    path("me/bank/", me.confirm_bank, name="confirm_bank"),
    # the HR tool
    path("settings/integrations/", integrations.integrations, name="integrations"),
    path("settings/integrations/status/", integrations.status, name="integrations_status"),
    path("settings/integrations/sync/", integrations.sync_now, name="sync_now"),
    path("settings/integrations/pause/", integrations.pause, name="pause"),
    path("settings/integrations/resume/", integrations.resume, name="resume"),
    path("settings/integrations/join/", integrations.join, name="join_connection"),
    path("settings/integrations/disconnect/", integrations.disconnect, name="disconnect"),
    path("settings/integrations/instant/", instant.instant, name="instant"),
    path("settings/integrations/configure/", configure.configure, name="configure"),
    path("settings/integrations/configure/count/", configure.count, name="configure_count"),
    path("settings/integrations/plan/<int:plan_id>/", preview.plan, name="plan"),
    path("settings/integrations/plan/<int:plan_id>/progress/", preview.progress, name="plan_progress"),
    path("settings/integrations/plan/<int:plan_id>/decide/", preview.decide, name="plan_decide"),
    path("settings/integrations/plan/<int:plan_id>/changes.csv", preview.changes_csv, name="plan_csv"),
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
    path("settings/integrations/authorised/", authorise.authorised, name="authorised"),
    path("runs/", runs.history, name="runs"),
    path("runs/<int:run_id>/", runs.run, name="run"),
    # calls of HR tools
    path("hooks/<str:token>/", webhook.webhook, name="webhook"),
    # demonstration
    path("demo/mail/", mail.mails, name="demo_mail"),
]
