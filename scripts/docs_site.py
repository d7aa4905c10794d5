"""Documents outside ``docs/`` become pages of the site too: README, CONTRIBUTING, SECURITY, CHANGELOG and research/.

mkdocs calls these functions (``hooks`` in mkdocs.yml). On GitHub links lead from file to file; here they are changed to
lead from page to page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
START = "index.md"
_LINK = re.compile(r"(\]\()([^)#\s:]+)(?=[)#])")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The entry ``FOLDER/`` of the navigation becomes the list of the documents in that folder."""
    config.nav = _unfolded(config.nav)
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents that lie outside ``docs/``."""
    for path in _outside():
        source = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, _page_of(source), abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Links between documents lead to their pages."""
    here = _source_of(page.file.src_uri)

    def changed(link: re.Match[str]) -> str:
        target = os.path.normpath(PurePosixPath(here).parent / link.group(2))
        if not (ROOT / target).exists():
            return link.group()
        return link.group(1) + os.path.relpath(_page_of(target), PurePosixPath(page.file.src_uri).parent)

    return _LINK.sub(changed, markdown)


def _outside() -> list[Path]:
    names = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "CITATION.cff")
    return [*(ROOT / name for name in names), *sorted((ROOT / "research").glob("*.md"))]


def _page_of(source: str) -> str:
    """The page of a document, both as paths; docs/ is the root of the site."""
    return START if source == "README.md" else source.removeprefix("docs/")


def _source_of(page: str) -> str:
    if page == START:
        return "README.md"
    return page if (ROOT / page).exists() else f"docs/{page}"


def _unfolded(nav: Any) -> Any:
    if isinstance(nav, list):
        return [_unfolded(entry) for entry in nav]
    if isinstance(nav, dict):
        return {title: _unfolded(entry) for title, entry in nav.items()}
    folder = next((base / nav for base in (ROOT, ROOT / "docs") if nav.endswith("/") and (base / nav).is_dir()), None)
    if folder is None:
        return nav
    return [nav + path.name for path in sorted(folder.glob("*.md"), key=_place)]


def _place(document: Path) -> tuple[bool, list[tuple[int, str]]]:
    """Where a document stands in its folder: README first, then by name, and numbers in names by their value."""
    parts = re.findall(r"\d+|\D+", document.name)
    return document.name != "README.md", [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
