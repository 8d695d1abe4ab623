"""Templates, style and script of the report; every value is escaped on its way into a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from her2omics import __version__
from her2omics.tables import write_text

_TEMPLATES = Path(__file__).resolve().parent / "templates"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["style"] = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    environment.globals["script"] = Markup((_TEMPLATES / "table.js").read_text(encoding="utf-8"))
    environment.globals["version"] = __version__
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


def write_page(template: str, path: Path, **values: object) -> Path:
    """Render a template into a file, whole or not at all."""
    write_text(_template(template).render(**values) + "\n", path)
    return path
