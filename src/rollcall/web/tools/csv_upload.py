"""Settings > Integrations > CSV: upload a file, look at how it is read, confirm; later files likewise.

An uploaded file waits, sealed, for the person who sent it. What was looked at is what is read: a confirm that also
changes something shows the preview once more.
"""

from typing import Any, Final

import msgspec
from django.contrib import messages
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from rollcall.accounts.access import admin_required
from rollcall.connections import gallery, source_files
from rollcall.connections.models import SourceFile, State
from rollcall.connections.queries import subscription_of
from rollcall.connections.source_files import DATES, FileRefused, Layout, Look, Problem, Sheet
from rollcall.sync import actions
from rollcall.sync.actions import Refused
from rollcall.sync.incoming import files
from rollcall.sync.incoming.files import Doubtful, Outcome, Weighed
from rollcall.sync.words.refusals import refusal_sentence
from rollcall.sync.words.sentences import day_text, error_sentence
from rollcall.web.moments import moment
from rollcall.web.tools import csv_layout
from rollcall.web.tools.csv_layout import Draft
from rollcall.web.tools.integrations import elsewhere, of, others_of

FORM_BYTES: Final = 64 * 1024
"""What a form may have around its file."""

SHOWN: Final = 20
PROBLEMS_SHOWN: Final = 50


class InMemory(MemoryFileUploadHandler):
    """Keeps an upload of any size in memory: people's data is not written to disk in the clear."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803 - Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[Any, MultiValueDict[str, Any]] | None:
        self.activated = True
        return None


def _refused(request: HttpRequest) -> HttpResponse | None:
    """Return where to go when this entity cannot have its people from a file, or this person may not say so."""
    entity, _actor = of(request)
    used = subscription_of(entity.pk)
    connection = used.connection if used and used.connection.state != State.DISCONNECTED else None
    said = ""
    if entity.company.plan not in actions.PLANS_WITH_HR:
        said = refusal_sentence("plan", {})
    elif connection is not None and connection.tool != source_files.TOOL:
        said = refusal_sentence("in_use", {"tool": connection.tool})
    else:
        shared = files.connection_for(entity.company_id)
        strangers = others_of(request, shared)[1] if shared else []
        said = elsewhere(strangers) if strangers else ""
    if not said:
        return None
    messages.error(request, said)
    return redirect("integrations")


# The inner view checks the token: with it comes the body, which is not to be read before its size is known.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@admin_required
def upload(request: HttpRequest) -> HttpResponseBase:
    """Step 1: choose a file. One that is too large is refused before it is read (F5)."""
    refused = _refused(request)
    if refused:
        return refused
    if request.method == "POST":
        if int(request.META.get("CONTENT_LENGTH") or 0) > source_files.MOST_BYTES + FORM_BYTES:
            most = str(source_files.MOST_BYTES // 1024 // 1024)
            return _upload_page(request, error_sentence("file_too_large", {"most": most}), status=413)
        request.upload_handlers = [InMemory(request)]
    return _upload(request)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _upload_page(request)
    entity, actor = of(request)
    given = request.FILES.get("file")
    if given is None:
        return _upload_page(request, gettext("Choose a file first."), status=422)
    content = given.read()
    try:
        known = files.layout_known(entity.company_id)
        sheet = _sheet(content, known)
    except FileRefused as error:
        return _upload_page(request, error_sentence(error.code, error.params), status=422)
    file = source_files.wait(entity, content, given.name or "", actor=actor)
    _keep_draft(file, csv_layout.suggested(sheet, known))
    return redirect("csv_file", file_id=file.pk)


def _upload_page(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    entity, _actor = of(request)
    connection = files.connection_for(entity.company_id)
    last = source_files.newest(connection) if connection else None
    tool = gallery.TOOLS[source_files.TOOL]
    shown = {
        "entity": entity,
        "error": error,
        "connected": connection is not None,
        "last": last,
        "last_at": moment(last.uploaded_at, entity.time_zone) if last else None,
        "steps": [gettext(text) for text in tool.steps],
        "most": source_files.MOST_BYTES // 1024 // 1024,
        "step": 1,
    }
    return render(request, "csv/upload.html", shown, status=status)


@require_POST
@admin_required
def again(request: HttpRequest) -> HttpResponse:
    """Look at the last file once more, to change how it is read."""
    refused = _refused(request)
    if refused:
        return refused
    entity, actor = of(request)
    connection = files.connection_for(entity.company_id)
    last = source_files.newest(connection) if connection else None
    if connection is None or last is None:
        return redirect("csv_upload")
    content = source_files.content_of(last)
    file = source_files.wait(entity, content, last.name, actor=actor, written_at=last.written_at)
    layout = source_files.layout_of(connection)
    _keep_draft(file, csv_layout.suggested(_sheet(content, layout), layout))
    return redirect("csv_file", file_id=file.pk)


def _sheet(content: bytes, layout: Layout | None) -> Sheet:
    if layout is None:
        return source_files.open_sheet(content)
    return source_files.open_sheet(content, encoding=layout.encoding, separator=layout.separator)


def _keep_draft(file: SourceFile, draft: Draft) -> None:
    file.draft = msgspec.to_builtins(draft)
    file.save(update_fields=["draft"])


@require_http_methods(["GET", "POST"])
@admin_required
def preview(request: HttpRequest, file_id: int) -> HttpResponse:
    """Step 2: what is in the file, how it is read, and the button that has it read."""
    entity, actor = of(request)
    file = source_files.waiting(entity.pk, min(file_id, 2**63 - 1), actor.id or 0)
    if file is None:
        if not SourceFile.objects.filter(pk=min(file_id, 2**63 - 1), entity=entity).exists():
            raise Http404
        messages.info(request, gettext("This file has been read already, or has waited for too long."))
        return redirect("integrations")
    refused = _refused(request)
    if refused:
        return refused
    draft = msgspec.convert(file.draft, Draft)
    content = source_files.content_of(file)
    if request.method == "POST":
        return _decide(request, file, draft, content)
    return _preview_page(request, file, draft, content)


def _decide(request: HttpRequest, file: SourceFile, before: Draft, content: bytes) -> HttpResponse:
    entity, actor = of(request)
    sheet = _sheet(content, before.layout)
    changed = csv_layout.written_otherwise(request.POST, before)
    if changed is not None:
        wanted = msgspec.convert(
            {"columns": {}, "dates": "iso", "encoding": changed[0], "separator": changed[1]}, Layout
        )
        draft = csv_layout.suggested(_sheet(content, wanted), None)
    else:
        draft = csv_layout.from_post(request.POST, sheet, before)
        for name in csv_layout.twice_chosen(request.POST, sheet.header):
            messages.error(
                request,
                gettext("Two columns were chosen for “%(field)s”; the first one is read.") % {"field": name},
            )
    if draft != before:
        _keep_draft(file, draft)
    if request.POST.get("op") != "confirm":
        return redirect("csv_file", file_id=file.pk)
    if draft != before:
        messages.info(
            request, gettext("You have changed something: look at the preview once more, then confirm.")
        )
        return redirect("csv_file", file_id=file.pk)
    try:
        found = _look(content, draft)
        outcome = files.hand_in(
            entity, file, draft.layout, found, actor=actor, anyway="anyway" in request.POST
        )
    except FileRefused as error:
        messages.error(request, error_sentence(error.code, error.params))
    except Refused as refused:
        messages.error(request, refusal_sentence(refused.code, refused.params))
    except Doubtful:
        messages.error(request, gettext("Confirm below that this is the right file, or choose another one."))
    else:
        if outcome is Outcome.SAME:
            messages.info(
                request,
                gettext("This is the same file as the last one, read in the same way: nothing changes."),
            )
        elif outcome is Outcome.STARTED:
            messages.success(request, gettext("The file was accepted. A sync starts in a moment."))
        return redirect("integrations")
    return redirect("csv_file", file_id=file.pk)


def _look(content: bytes, draft: Draft) -> Look:
    """Look through the file. Raises ``FileRefused``, also while the order of days is open."""
    if draft.dates_open and set(DATES) & set(draft.layout.columns):
        raise source_files.DatesOpen("not chosen yet")
    return source_files.look(source_files.open_layout(content, draft.layout), first=SHOWN)


def _preview_page(request: HttpRequest, file: SourceFile, draft: Draft, content: bytes) -> HttpResponse:
    entity, _actor = of(request)
    sheet = _sheet(content, draft.layout)
    found: Look | None = None
    stopped = ""
    missing = csv_layout.missing(draft.layout)
    if not missing:
        try:
            found = _look(content, draft)
        except FileRefused as error:
            stopped = error_sentence(error.code, error.params)
    weighed = files.weigh(file, draft.layout, found) if found else None
    shown = {
        "entity": entity,
        "file": file,
        "step": 2,
        "size": file.size,
        "layout": draft.layout,
        "dates_open": draft.dates_open,
        "missing": missing,
        "stopped": stopped,
        "found": found,
        "connected": files.connection_for(entity.company_id) is not None,
        "certain": sheet.certain,
        "encoding": csv_layout.ENCODING_LABELS[sheet.encoding],
        "selects": csv_layout.selects(draft, sheet),
        "columns": csv_layout.columns(draft, sheet, source_files.samples(sheet, 3)),
        "words": csv_layout.words(found),
        "table": _table(found, draft.layout),
        "problems": [_told(one) for one in list(files.told(found))[:PROBLEMS_SHOWN]] if found else [],
        **_beside(weighed, found, entity.time_zone),
    }
    shown["more_problems"] = found.broken + found.doubtful - len(shown["problems"]) if found else 0
    return render(request, "csv/preview.html", shown)


def _beside(weighed: Weighed | None, found: Look | None, zone: str) -> dict[str, Any]:
    """Return what the page says about the file before this one."""
    if weighed is None or found is None or weighed.comparison.before is None:
        return {"beside": None, "doubts": []}
    return {
        "beside": weighed.comparison,
        "last_at": moment(weighed.comparison.last_at, zone),
        "nothing_new": weighed.comparison.same and not weighed.other_layout,
        "doubts": [files.doubt_sentence(one, weighed.comparison, found.people) for one in weighed.doubts],
    }


def _told(one: Problem) -> dict[str, Any]:
    return {"line": one.line, "column": one.column, "why": files.problem_sentence(one)}


def _table(found: Look | None, layout: Layout) -> dict[str, Any]:
    """Return the first people as they will be read: labels of the fields, and a row of texts for each."""
    if found is None:
        return {"labels": [], "rows": []}
    names = [name for name in source_files.FIELDS if name in layout.columns]
    return {
        "labels": [csv_layout.label(name) for name in names] + list(layout.custom),
        "rows": [
            [_cell(one, name) for name in names] + [_own(one.custom, name) for name in layout.custom]
            for one in found.first
        ],
    }


def _cell(person: Any, name: str) -> str:
    room, _dot, part = name.partition(".")
    value = getattr(person, room)
    if part:
        value = getattr(value, part, None)
    if value is None or value is msgspec.UNSET:
        return ""
    if part:
        return csv_layout.masked(str(value))
    if name == "status":
        return (
            gettext("not known") if value == source_files.Status.UNKNOWN else str(csv_layout.STATUSES[value])
        )
    return day_text(value.isoformat()) if name in DATES else str(value)


def _own(custom: Any, name: str) -> str:
    return (custom.get(name) or "") if isinstance(custom, dict) else ""
