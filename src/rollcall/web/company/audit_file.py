"""The audit log as a CSV file, written while it is read: any number of entries, and little memory."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_safe

from rollcall.accounts.access import acting_for, admin_required
from rollcall.connections.cells import safe_cell
from rollcall.directory import names
from rollcall.events import queries
from rollcall.events.models import Event
from rollcall.events.queries import Wanted
from rollcall.web.company import audit_filters
from rollcall.web.company.audit import Place, place_of, query_of, sentence_of
from rollcall.web.event_sentences import actor_name


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


@admin_required
@require_safe
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that the filter lets through, newest first; no cell can be taken for a formula (F6)."""
    place = place_of(request)
    wanted, _more = query_of(place, audit_filters.asked(request.GET))
    answer = StreamingHttpResponse(
        _lines(place, wanted, get_language() or "en"), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
    return answer


def _lines(place: Place, wanted: Wanted, language: str) -> Iterator[str]:
    # The request's transaction and language are over when this runs: each page opens its own.
    table = csv.writer(_Echo())
    with override(language):
        head = table.writerow(_head())
    yield "\ufeff" + head
    pages = queries.pages(place.here.company_id, wanted)
    while True:
        with acting_for(place.here.company_id), override(language):
            rows = next(pages, [])
            people = names.names_of([one.member_id for one in rows if one.member_id])
            text = "".join(
                table.writerow(
                    [safe_cell(cell) for cell in _cells(place, one, people.get(one.member_id or 0))]
                )
                for one in rows
            )
        if not rows:
            return
        yield text


def _head() -> list[str]:
    return [
        *(gettext("Number"), gettext("Time"), gettext("What happened"), gettext("Name"), gettext("E-mail")),
        *(gettext("Entity"), gettext("Who"), gettext("Kind"), gettext("Hash")),
    ]


def _cells(place: Place, event: Event, person: Any) -> list[str]:
    entity = place.mine.get(event.entity_id or 0)
    return [
        str(event.number),
        event.at.astimezone(place.zone).isoformat(timespec="seconds"),
        sentence_of(place, event),
        person.name if person else "",
        person.email if person else "",
        entity.name if entity else "",
        actor_name(event),
        event.kind,
        event.hash,
    ]
