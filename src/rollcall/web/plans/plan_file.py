"""A plan as a file for spreadsheets, sent line by line however long it is."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from rollcall.accounts import access
from rollcall.accounts.access import admin_required
from rollcall.connections import gallery
from rollcall.connections.cells import safe_cell
from rollcall.engine.plan import OWNED_FIELDS
from rollcall.sync.models import Line, Plan
from rollcall.sync.words.sentences import field_label, kind_label, why_sentence
from rollcall.web.plans.plan_lines import text_of
from rollcall.web.plans.preview import find


class _Echo:
    """What a CSV writer writes to: it hands each row back."""

    def write(self, row: str) -> str:
        """Return the row."""
        return row


@require_GET
@admin_required
def changes_csv(request: HttpRequest, plan_id: int) -> StreamingHttpResponse:
    """Every line of the plan as a CSV file; no cell can be taken for a formula (F6)."""
    _entity, made = find(request, plan_id)
    tool = gallery.tool_name(made.subscription.connection.tool)
    answer = StreamingHttpResponse(
        _written(made, tool, translation.get_language()), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="plan-{made.pk}.csv"'
    return answer


def _written(made: Plan, tool: str, language: str) -> Iterator[str]:
    # The answer is sent after the request's own transaction and language have ended.
    with translation.override(language), access.acting_for(made.company_id):
        table: Any = csv.writer(_Echo())
        yield "\ufeff"
        yield table.writerow(
            [
                *(
                    gettext("What happens"),
                    gettext("Name"),
                    gettext("E-mail"),
                    gettext("Number in the HR tool"),
                ),
                *(gettext("Field"), gettext("Before"), gettext("After"), gettext("Why")),
            ]
        )
        for line in Line.objects.filter(plan=made).order_by("number").iterator(chunk_size=2_000):
            person = [kind_label(line.kind), line.name, line.email, line.employee_id]
            why = why_sentence(line.why, line.params, tool=tool)
            for name in [name for name in OWNED_FIELDS if name in line.fields] or [""]:
                one = line.fields.get(name, {})
                told = [field_label(name), text_of(name, one.get("before")), text_of(name, one.get("after"))]
                yield table.writerow([safe_cell(cell) for cell in (*person, *told, why)])
