"""The annotation itself: commands in, states, journals and label maps out; no HTTP and no network in here."""

from s2m.session.answers import ImagePredictor
from s2m.session.classes import ObjectClass
from s2m.session.commands import (
    AddObject,
    Brush,
    ChangeObjects,
    ChangeStroke,
    Clear,
    Command,
    Configure,
    DeleteObjects,
    DeleteStroke,
    Draw,
    DrawnStroke,
    DropSpecks,
    Erase,
    FillHoles,
    ImportMasks,
    Keep,
    MarkImage,
    MergeObjects,
    PasteObjects,
    Redo,
    ShowObjects,
    Smooth,
    SplitObject,
    Undo,
    command_from_json,
)
from s2m.session.journal import JournalHeader, MemoryJournal, StrokePart, read_journal
from s2m.session.journal_file import JournalFile
from s2m.session.project import Project
from s2m.session.project_files import ImageEntry, ProjectSettings, ViewState
from s2m.session.session import Session
from s2m.session.state import AnnotationState

__all__ = [
    "AddObject",
    "AnnotationState",
    "Brush",
    "ChangeObjects",
    "ChangeStroke",
    "Clear",
    "Command",
    "Configure",
    "DeleteObjects",
    "DeleteStroke",
    "Draw",
    "DrawnStroke",
    "DropSpecks",
    "Erase",
    "FillHoles",
    "ImageEntry",
    "ImagePredictor",
    "ImportMasks",
    "JournalFile",
    "JournalHeader",
    "Keep",
    "MarkImage",
    "MemoryJournal",
    "MergeObjects",
    "ObjectClass",
    "PasteObjects",
    "Project",
    "ProjectSettings",
    "Redo",
    "Session",
    "ShowObjects",
    "Smooth",
    "SplitObject",
    "StrokePart",
    "Undo",
    "ViewState",
    "command_from_json",
    "read_journal",
]
