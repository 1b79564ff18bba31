"""HR tools: what can be connected, and what each needs."""

from collections.abc import Sequence

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Router

from rollcall.api.auth import Bearer
from rollcall.api.wire import Listed, respond, told
from rollcall.connections.gallery import ANNOUNCED, TOOLS, Tool


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """One value to give when connecting."""

    name: str
    label: str
    kind: str
    example: str
    help: str


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of data that is read (S12). ``key`` may stand in ``leave_out`` if it is optional."""

    key: str
    fields: Sequence[str]
    label: str
    why: str
    permission: str
    optional: bool


class ToolAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HR tool; one that cannot be connected yet has nothing but its names."""

    key: str
    name: str
    region: str
    # "api": asked by Rollcall; "file": somebody uploads files; empty for one that cannot be connected yet
    kind: str = ""
    connectable: bool
    credentials: Sequence[Credential] = ()
    data: Sequence[Data] = ()
    steps: Sequence[str] = ()


router = Router(tags=["tools"])


@router.get("", auth=Bearer("read"), summary="List HR tools", **told(Listed[ToolAnswer]))
def list_tools(request: HttpRequest) -> HttpResponse:
    """All HR tools with the credentials each needs, the data that is read, and the steps (S15). One page."""
    coming = [
        ToolAnswer(key=one.key, name=one.name, region=gettext(one.region), connectable=False)
        for one in ANNOUNCED
    ]
    return respond(Listed([*map(_shown, TOOLS.values()), *coming], None))


def _shown(tool: Tool) -> ToolAnswer:
    return ToolAnswer(
        key=tool.key,
        name=tool.name,
        region=gettext(tool.region),
        kind=tool.kind,
        connectable=True,
        credentials=[
            Credential(
                name=one.name,
                label=gettext(one.label),
                kind=one.kind,
                example=one.example,
                help=gettext(one.help) if one.help else "",
            )
            for one in tool.credentials
        ],
        data=[
            Data(
                key=one.fields[0],
                fields=one.fields,
                label=gettext(one.label),
                why=gettext(one.why),
                permission=gettext(one.permission),
                optional=one.optional,
            )
            for one in tool.data
        ],
        steps=[gettext(step) for step in tool.steps],
    )
