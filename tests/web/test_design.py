"""The design holds: contrasts, weights, tokens, tiles, and the living page with every part."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from django.template import Context, Template
from django.utils.html import escape

from rollcall.connections import gallery
from rollcall.web import design, specimens
from rollcall.web.tools import tiles
from tests.web.crew import browser

pytestmark = pytest.mark.django_db

ROOT: Final = Path(__file__).resolve().parents[2]
WEB: Final = ROOT / "src" / "rollcall" / "web"
STYLES: Final = WEB / "static" / "web"
PARTS: Final = ("parts.css", "forms.css", "tables.css", "panels.css")
THEMES: Final = ("light", "dark")
Colour = tuple[float, float, float]

# What is read, on what, and the least contrast (WCAG 1.4.3 and 1.4.11).
PAIRS: Final = (
    *((ink, ground, 4.5) for ink in ("ink", "ink-2") for ground in ("canvas", "paper", "raised", "sunken")),
    *((ink, f"{ground}-soft", 4.5) for ink in ("ink", "ink-2") for ground in ("accent", "ok", "warn", "bad")),
    *((f"{one}", f"{one}-soft", 4.5) for one in ("accent", "ok", "warn", "bad")),
    *((one, "paper", 4.5) for one in ("accent", "accent-strong", "ok", "warn", "bad")),
    *((one, "canvas", 4.5) for one in ("accent", "bad")),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-strong", 4.5),
    ("on-bad", "bad", 4.5),
    *(("edge", ground, 3.0) for ground in ("canvas", "paper", "raised")),
    *((f"tint-{one}-ink", f"tint-{one}", 4.5) for one in range(1, tiles.TINTS + 1)),
)


def _values() -> Mapping[str, tuple[str, str]]:
    """Token -> its value in the light and in the dark theme; only what everybody gets, first."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", (STYLES / "tokens.css").read_text())
    values: dict[str, tuple[str, str]] = {}
    for name, light, dark in found:
        values.setdefault(name, (light, dark))
    return values


def _channels(value: str) -> tuple[Colour, float]:
    numbers = [int(value[at : at + 2], 16) / 255 for at in range(1, len(value), 2)]
    return (numbers[0], numbers[1], numbers[2]), numbers[3] if len(numbers) == 4 else 1.0


def _over(value: str, ground: Colour) -> Colour:
    (red, green, blue), opaque = _channels(value)
    rest = 1 - opaque
    return (
        red * opaque + ground[0] * rest,
        green * opaque + ground[1] * rest,
        blue * opaque + ground[2] * rest,
    )


def _light(colour: Colour) -> float:
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, 1 to 21."""
    brighter, darker = sorted((_light(one), _light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _solid(name: str, theme: int) -> Colour:
    return _channels(_values()[name][theme])[0]


def test_contrast_is_measured_as_the_norm_defines_it() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    assert contrast(_channels("#777777")[0], (1, 1, 1)) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=str)
def test_what_is_read_stands_out(ink: str, ground: str, least: float, theme: int) -> None:
    assert contrast(_solid(ink, theme), _solid(ground, theme)) >= least


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
@pytest.mark.parametrize("ink", ["ink", "ink-2"])
@pytest.mark.parametrize("surface", ["canvas", "paper", "raised"])
def test_words_on_a_button_stand_out_wherever_it_lies(ink: str, surface: str, theme: int) -> None:
    for button in ("button", "button-over"):
        ground = _over(_values()[button][theme], _solid(surface, theme))
        assert contrast(_solid(ink, theme), ground) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=THEMES)
def test_letters_of_a_tile_stand_out_over_its_motif(theme: int) -> None:
    opacity = re.search(r"\.tile-motif \{ opacity: ([\d.]+)", (STYLES / "parts.css").read_text())
    assert opacity is not None
    veil = f"{round(float(opacity[1]) * 255):02x}"
    for number in range(1, tiles.TINTS + 1):
        ink = _values()[f"tint-{number}-ink"][theme]
        motif = _over(ink + veil, _solid(f"tint-{number}", theme))
        assert contrast(_channels(ink)[0], motif) >= 4.5, number


def test_the_documented_contrasts_are_those_of_the_tokens() -> None:
    text = (ROOT / "docs" / "design-language.md").read_text("utf-8")
    rows = re.findall(r"\| `([\w-]+)` on `([\w-]+)` \| ([\d.]+) \| ([\d.]+) \|", text)
    assert len(rows) >= 12
    for ink, ground, light, dark in rows:
        measured = [f"{contrast(_solid(ink, theme), _solid(ground, theme)):.1f}" for theme in (0, 1)]
        assert (ink, ground, light, dark) == (ink, ground, *measured)


def test_colours_have_names() -> None:
    """Outside tokens.css there is no colour by its number but the white that a scanner needs under a QR code."""
    for sheet in STYLES.glob("*.css"):
        if sheet.name == "tokens.css":
            continue
        found = re.findall(r"(?<![\w&-])#[0-9a-f]{3,8}\b(?![^{};]*\{)|\b(?:rgb|hsl)\(", sheet.read_text())
        assert found == (["#fff"] if sheet.name == "parts.css" else []), sheet.name


def test_no_style_sheet_names_a_token_that_is_not_there() -> None:
    known = set(re.findall(r"(--[\w-]+):", "".join(one.read_text() for one in STYLES.glob("*.css"))))
    for sheet in STYLES.glob("*.css"):
        assert set(re.findall(r"var\((--[\w-]+)", sheet.read_text())) - known == set(), sheet.name


def _weight(page: str) -> int:
    """Bytes of the style sheets and scripts a page names, unpacked."""
    names = re.findall(
        r'(?:href|src)="[^"]*?((?:web|django_htmx)/[\w.-]+?)(?:\.[0-9a-f]{12})?(\.css|\.js)"', page
    )
    assert len(names) > 5
    htmx = next(Path(str(pytest.importorskip("django_htmx").__file__)).parent.glob("static/django_htmx"))
    folders = {"web": STYLES, "django_htmx": htmx}
    total = 0
    for name, ending in names:
        room, file = name.split("/")
        total += (folders[room] / f"{file}{ending}").stat().st_size
    return total


def test_style_sheets_and_scripts_of_a_page_stay_light(settings: Any) -> None:
    settings.ROLLCALL_DEMO = True
    everywhere = _weight(browser().get("/demo/parts/").content.decode())
    own = max(one.stat().st_size for one in STYLES.glob("*.css") if one.name not in (*PARTS, "base.css"))
    assert everywhere + own < 120_000


def test_without_a_demonstration_there_is_no_living_page() -> None:
    assert browser().get("/demo/parts/").status_code == 404


def test_the_living_page_has_every_part_that_the_style_sheets_name(settings: Any) -> None:
    settings.ROLLCALL_DEMO = True
    page = browser().get("/demo/parts/").content.decode()
    shown = {word for found in re.findall(r'class="([^"]*)"', page) for word in found.split()}
    for one in design.SECTIONS:
        assert f'href="#{one.key}"' in page and f'id="{one.key}"' in page and escape(one.title) in page
    assert set(_listed()) - shown - _NOT_THERE == set()
    assert page.count("<h1") == 1 and "style=" not in page and " title=" not in page


# Used by one page, or seen only on paper, in a moment or on another frame.
_NOT_THERE: Final = {"lines", "hide-s", "clip", "search", "nowrap"}


def _listed() -> Iterator[str]:
    """The classes named in the list at the top of parts.css."""
    head = (STYLES / "parts.css").read_text().split("*/", 1)[0]
    yield from re.findall(r"(?<!\w)\.([a-z][\w-]*)", "\n".join(head.splitlines()[2:]).replace(".css", ""))


def test_strange_names_break_nothing_on_the_living_page(settings: Any) -> None:
    settings.ROLLCALL_DEMO = True
    page = browser().get("/demo/parts/").content.decode()
    assert "🦉 &lt;b&gt;" in page and any(len(one.name) > 130 for one in specimens.PEOPLE)


def test_every_icon_of_a_tile_is_decoration_and_holds_no_name_as_markup() -> None:
    drawn = Template("{% load rollcall %}{% tile key name 64 %}").render(
        Context({"key": "new-tool", "name": "<b>x</b>"})
    )
    assert drawn.startswith("<svg ") and 'aria-hidden="true"' in drawn and 'width="64"' in drawn
    assert "&lt;b" in drawn and "<b" not in drawn and "style=" not in drawn


def test_tools_can_be_told_apart_and_look_the_same_for_ever() -> None:
    known = [tiles.look_of(key) for key in gallery.TOOLS]
    assert len({(one.tint, one.motif) for one in known}) == len(known)
    assert tiles.look_of("rippling") == tiles.Look(5, 4)
    everything = [tiles.look_of(f"tool {number}") for number in range(400)]
    assert {one.tint for one in everything} == set(range(1, tiles.TINTS + 1))
    assert {one.motif for one in everything} == set(range(len(tiles.MOTIFS)))


@pytest.mark.parametrize("address", ["/nowhere/", "/demo/mail/"])
def test_an_error_page_has_a_way_on(address: str) -> None:
    answer = browser().get(address)
    page = answer.content.decode()
    assert (
        answer.status_code == 404
        and 'class="card pad halt"' in page
        and 'class="btn primary" href="/"' in page
    )
