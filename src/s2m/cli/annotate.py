"""``s2m [annotate] [IMAGE_OR_FOLDER]``: open the page to draw in."""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path
from typing import get_args

import click

from s2m.cli.address_options import address_options
from s2m.cli.channel_order_option import channel_order_option
from s2m.cli.left_out import say_left_out
from s2m.cli.mask_kind_option import mask_kind_option
from s2m.cli.provider_option import provider_option
from s2m.engine.channel_order import ChannelOrder, in_channel_order
from s2m.engine.providers import Provider
from s2m.engine.segmenter import Segmenter
from s2m.errors import ConfigError, MaskError, OutputError
from s2m.files.demo import DEMO_IMAGE
from s2m.files.images import image_size
from s2m.files.label_files import check_mask_size, read_label_map
from s2m.files.mask_pictures import MaskKind
from s2m.files.text import read_text
from s2m.networks.loading import load_model
from s2m.session import Project
from s2m.session.classes import MAX_CLASS_NAME, ObjectClass
from s2m.session.masks import Overlap
from s2m.web.app import create_app
from s2m.web.server import Address, Greeting, open_browser, serve
from s2m.web.workspace import Workspace, WorkspaceSettings


@click.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="[IMAGE_OR_FOLDER]", default=DEMO_IMAGE)
@click.option(
    "--model",
    "model_folder",
    type=click.Path(path_type=Path),
    help="Folder or .pth file of a model; the shipped one if left out.",
)
@click.option("--mask", type=click.Path(path_type=Path), help="A label map (PNG) to start from, for one image.")
@mask_kind_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("output"),
    show_default=True,
    help="Folder for the masks, and for what is needed to go on later.",
)
@click.option(
    "--classes",
    "class_file",
    type=click.Path(path_type=Path),
    help="Text file with the names of classes, one a line; they are added to those of the project.",
)
@click.option(
    "--overlap",
    type=click.Choice(get_args(Overlap)),
    help="Whether objects may overlap, in images not begun yet; the page changes it for one image.",
)
@address_options
@click.option("--threads", type=click.IntRange(1), help="Threads of the network; all cores if left out.")
@provider_option
@channel_order_option
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def annotate(
    source: Path,
    model_folder: Path | None,
    mask: Path | None,
    mask_kind: MaskKind,
    output: Path,
    class_file: Path | None,
    overlap: Overlap | None,
    address: Address,
    threads: int | None,
    provider: Provider,
    channel_order: ChannelOrder,
    no_browser: bool,
) -> None:
    """Open the page to draw in: a few strokes on an image become masks in the output folder.

    Without an image it opens the shipped photograph, to try.  If the output folder is read-only, the page is view only.
    """
    if mask is not None:
        _check_mask(mask, source, mask_kind)
    changes = [option for option in (mask, class_file, overlap) if option is not None]
    project = Project.open(source, output) if changes else _open_or_view(source, output)
    if class_file is not None:
        _take_classes(project, class_file)
    if overlap is not None:
        project.change_settings(project.settings.model_copy(update={"overlap": overlap}))
    model = in_channel_order(load_model(model_folder, threads, provider), channel_order)
    settings = WorkspaceSettings(source.resolve().name, model.card.model_id, mask, mask_kind)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    if not address.is_local:
        logging.getLogger("s2m.web").setLevel(logging.INFO)

    def greet(greeting: Greeting) -> None:
        _say(greeting, project)
        if not no_browser and _has_screen():
            open_browser(greeting.browser_url)

    serve(partial(create_app, Workspace(project, Segmenter(model), settings)), address, greet)


def _open_or_view(source: Path, output: Path) -> Project:
    try:
        return Project.open(source, output)
    except OutputError as refusal:
        return Project.open_read_only(source, output, refusal)


def _check_mask(mask: Path, source: Path, kind: MaskKind) -> None:
    if source.is_dir():
        raise MaskError(f"--mask is for one image, and {source} is a folder; name the image")
    check_mask_size(read_label_map(mask, kind), image_size(source), str(mask))


def _take_classes(project: Project, file: Path) -> None:
    lines = [line.strip() for line in read_text(file, ConfigError).splitlines()]
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_CLASS_NAME:
            raise ConfigError(
                f"{file}, line {number}: a class name of {len(line)} characters; wanted one class a line, "
                f"of {MAX_CLASS_NAME} characters at most"
            )
    names = dict.fromkeys(line for line in lines if line)
    classes = project.settings.classes
    known = {name for each in classes for name in (each.name, *each.former_names)}
    added = tuple(ObjectClass(name=name) for name in names if name not in known)
    project.change_settings(project.settings.model_copy(update={"classes": classes + added}))


def _say(greeting: Greeting, project: Project) -> None:
    count = len(project.images)
    where = project.read_only or f"masks go to {project.output}"
    click.echo(f"{count} {'image' if count == 1 else 'images'}; {where}")
    if project.source.is_dir():
        say_left_out(project.source)
    click.echo(f"Open {greeting.url}")
    for url in greeting.others:
        click.echo(f"  or {url}")
    if not greeting.is_local:
        _print_qr_code(greeting.url)
        click.echo(f"Whoever has this address can {'edit' if project.read_only is None else 'see'} the masks.")
        if not greeting.is_encrypted:
            click.echo("HTTP sends it in clear: others on this network can read it; see --tls-cert and --tls-key.")
    click.echo("Press Ctrl+C to stop; nothing is lost.")


def _print_qr_code(url: str) -> None:
    """The address for the camera of a tablet."""
    import segno

    segno.make(url, error="l").terminal(compact=True)


def _has_screen() -> bool:
    """Whether a browser can open; on a machine without a screen the address alone is printed."""
    return (
        os.name == "nt"
        or os.uname().sysname == "Darwin"
        or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    )
