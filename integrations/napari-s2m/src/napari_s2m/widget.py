"""The plug-in's panel: a button that begins; errors are napari's notifications."""

from __future__ import annotations

from napari.components import ViewerModel
from napari.layers import Image
from napari.qt.threading import create_worker
from napari.utils.notifications import show_error
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_s2m.scribbling import Plane, Question, Scribbling
from s2m import S2MError, Segmenter
from s2m.types import LabelMap

WAIT_MS = 200
"""The masks follow when nothing has been painted for this time."""


class ScribbleWidget(QWidget):  # type: ignore[misc] # qtpy is not where types are checked
    """Masks follow the scribbles on images.

    Args:
        napari_viewer: the viewer; napari gives it by this name.
        segmenter: answers; by default with the shipped model.
    """

    def __init__(self, napari_viewer: ViewerModel, segmenter: Segmenter | None = None) -> None:
        super().__init__()
        self._viewer, self._segmenter = napari_viewer, segmenter
        self.scribblings: list[Scribbling] = []
        self._waiting: dict[tuple[int, Plane], Scribbling] = {}
        self._is_answering = False
        self.begin_button = QPushButton("Scribble on the selected image")
        self.begin_button.clicked.connect(self.begin)
        self.words = QLabel("A label is an object; label 255 is the background.")
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.addWidget(self.begin_button)
        layout.addWidget(self.words)
        layout.addStretch()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT_MS)
        self._timer.timeout.connect(self._answer_next)

    def begin(self) -> None:
        """Add the layers of the selected image, or of the only one there is."""
        self.scribblings = [one for one in self.scribblings if one.is_open]
        images = [layer for layer in self._viewer.layers if isinstance(layer, Image)]
        selected = self._viewer.layers.selection.active
        if not images:
            show_error("There is no image to scribble on; open one first.")
        elif isinstance(selected, Image):
            self._begin_on(selected)
        elif len(images) == 1:
            self._begin_on(images[0])
        else:
            show_error("There are several images; select one in the list of layers first.")

    def _begin_on(self, image: Image) -> None:
        known = next((one for one in self.scribblings if one.image is image), None)
        if known is not None:
            self._viewer.layers.selection.active = known.scribbles
            return
        try:
            self._segmenter = self._segmenter or Segmenter()
            scribbling = Scribbling(self._viewer, image, self._segmenter)
        except S2MError as error:
            show_error(str(error))
            return
        self.scribblings.append(scribbling)
        events = scribbling.scribbles.events
        for event in (events.paint, events.data):
            event.connect(lambda: self._wait(scribbling))
        # Undo, redo and another plane only make the layer draw itself anew.
        events.set_data.connect(lambda: self._wait_in_planes(scribbling))
        self.words.setText(f'Paint into "{scribbling.scribbles.name}". Label 255 is the background.')

    def _wait(self, scribbling: Scribbling) -> None:
        """Note the plane that is shown now: when it is answered, another one may be."""
        try:
            self._waiting[id(scribbling), scribbling.plane()] = scribbling
        except S2MError as error:
            show_error(str(error))
            return
        if not self._is_answering:
            self._timer.start()

    def _wait_in_planes(self, scribbling: Scribbling) -> None:
        if self._viewer.dims.ndisplay == 2:
            self._wait(scribbling)

    def _answer_next(self) -> None:
        """Answer one of the planes that wait, in another thread; the others follow."""
        while self._waiting:
            (_, plane), scribbling = self._waiting.popitem()
            try:
                question = scribbling.question(plane)
            except S2MError as error:
                show_error(str(error))
                continue
            if question is None:
                continue
            self._is_answering = True
            create_worker(
                scribbling.answer,
                question,
                _connect={"returned": lambda answer, s=scribbling, q=question: self._show(s, q, answer)},
            )
            return

    def _show(self, scribbling: Scribbling, question: Question, answer: LabelMap | str) -> None:
        self._is_answering = False
        if isinstance(answer, str):
            show_error(answer)
        else:
            scribbling.show(question, answer)
        if self._waiting:
            self._timer.start()
