/** The composition of the page: makes its parts and hands each what it needs. */

import { Layers } from "./canvas/layers.js";
import { Magnifier } from "./canvas/magnifier.js";
import { Minimap } from "./canvas/minimap.js";
import { Palette } from "./canvas/palette.js";
import { Viewport } from "./canvas/viewport.js";
import { Actions } from "./commands/actions.js";
import { ClassChoice } from "./commands/class_choice.js";
import { drawActions } from "./commands/draw_actions.js";
import { editActions } from "./commands/edit_actions.js";
import { Editor } from "./commands/editor.js";
import { Navigation } from "./commands/navigation.js";
import { copyPath, folderActions, helpActions, viewActions } from "./commands/page_actions.js";
import { Connection } from "./connection/connection.js";
import { ExportRun } from "./connection/export_run.js";
import { LastView } from "./connection/last_view.js";
import { Latency } from "./connection/latency.js";
import { MaskUpload } from "./connection/mask_upload.js";
import { ReceivedMessages } from "./connection/received_messages.js";
import { showAbout } from "./dialogs/about_dialog.js";
import { showChangeKeys } from "./dialogs/change_keys_dialog.js";
import { ClassesDialog } from "./dialogs/classes_dialog.js";
import { showCommands } from "./dialogs/command_list.js";
import { ExportDialog } from "./dialogs/export_dialog.js";
import { showImport } from "./dialogs/import_dialog.js";
import { showKeys } from "./dialogs/keys_dialog.js";
import { byId } from "./elements.js";
import { CanvasInput } from "./input/canvas_input.js";
import { Drawing } from "./input/drawing.js";
import { takeDroppedFiles } from "./input/dropped_files.js";
import { keepFocus } from "./input/focus.js";
import { KeyBindings } from "./input/key_bindings.js";
import { KeyPen } from "./input/key_pen.js";
import { Keyboard } from "./input/keyboard.js";
import { followPenNote } from "./input/pen_note.js";
import { Pen } from "./input/pen.js";
import { ObjectPicking } from "./input/object_picking.js";
import { StrokeSelection } from "./input/stroke_selection.js";
import { followAppearance } from "./panels/appearance.js";
import { Banner } from "./panels/banner.js";
import { ClassPalette } from "./panels/class_palette.js";
import { ContrastLimitsPanel } from "./panels/contrast_limits_panel.js";
import { connectDisplayPanel } from "./panels/display_panel.js";
import { FolderStrip } from "./panels/folder_strip.js";
import { Hints } from "./panels/hints.js";
import { ObjectsPanel } from "./panels/objects_panel.js";
import { Placeholder } from "./panels/placeholder.js";
import { connectSideWidth } from "./panels/side_width.js";
import { StatusLine } from "./panels/status_line.js";
import { StrokePanel } from "./panels/stroke_panel.js";
import { ToolPanel } from "./panels/tool_panel.js";
import { TopBar } from "./panels/top_bar.js";
import { AnnotationStore } from "./state/annotation_store.js";
import { trouble } from "./state/browser_storage.js";
import { InkStore } from "./state/ink_store.js";
import { ProjectStore } from "./state/project_store.js";
import { StatusStore } from "./state/status_store.js";
import { UiStore } from "./state/ui_store.js";

// State.
const annotation = new AnnotationStore();
const project = new ProjectStore();
const ui = new UiStore();
const ink = new InkStore();
const status = new StatusStore();
const connection = new Connection();
const keys = new KeyBindings({ project, status, connection });

// The photograph and what is drawn on it.
const stage = byId("stage");
const viewport = new Viewport();
const palette = new Palette({ project, ui });
const layers = new Layers({ stage, viewport, annotation, ui, ink, palette });
new Minimap({ layers, viewport });
new Magnifier({ annotation, ui, ink, layers, viewport });

// Commands and input.
const editor = new Editor({ annotation, project, ui, ink, status, connection });
const navigation = new Navigation({ annotation, project, status, connection });
const latency = new Latency();
const upload = new MaskUpload({ annotation, status, connection });
const exportRun = new ExportRun(status);
const exportDialog = new ExportDialog({ run: exportRun, project, copy: (path) => copyPath(path, status) });
const hints = new Hints({ ui, ink });
const drawing = new Drawing({ annotation, ui, ink, status, viewport, connection, editor, latency });
const selection = new StrokeSelection({ annotation, ui, ink, viewport, editor });
const picking = new ObjectPicking({ annotation, ui, viewport, masks: layers.masks });
const canvasInput = new CanvasInput({
  ...{ annotation, project, ui, ink, status, viewport, editor, drawing, selection, picking, hints },
});
const keyPen = new KeyPen({ ink, viewport, canvasInput });
const actions = new Actions({ keys, project, status });
const classChoice = new ClassChoice({ annotation, project, ui, status, palette, editor, connection });
const classesDialog = new ClassesDialog({ annotation, project, palette, classChoice });
const classPalette = new ClassPalette({ annotation, project, ui, palette, classChoice });
actions.add(
  editActions({
    ...{ editor, navigation, annotation, project, ui },
    chooseClass: () => classPalette.enter(),
    showClasses: () => classesDialog.show(),
    showImport: () => showImport({ annotation, project, upload }),
  }),
);
actions.add(drawActions({ editor, keyPen, annotation, ui, ink }));
actions.add(viewActions({ annotation, ui, ink, viewport }));
actions.add(folderActions({ annotation, project, ui, status, navigation, showExport: () => exportDialog.show() }));
actions.add(
  helpActions({
    hints,
    showKeys: () => showKeys({ actions, keys, ui }),
    showCommands: () => showCommands(actions),
    showChangeKeys: () => showChangeKeys({ actions, keys }),
    showAbout: () => showAbout(project),
  }),
);
new Pen(stage, canvasInput);
new Keyboard({ annotation, project, ui, ink, keys, viewport, canvasInput, keyPen, actions });
takeDroppedFiles({ annotation, project, status, navigation, upload });

// What stands around the photograph.
keepFocus(stage);
followPenNote({ annotation, project, ui, ink, status, connection });
if (trouble.text) status.warn(trouble.text);
followAppearance(ui);
connectDisplayPanel(ui);
connectSideWidth(ui);
new ContrastLimitsPanel({ annotation, ui, tiles: layers.tiles });
new ToolPanel({ ui, keys, actions });
new StrokePanel({ annotation, ui, ink, keys, actions });
new ObjectsPanel({ annotation, project, ui, palette, editor, actions });
new TopBar({ annotation, project, ui, keys, viewport, navigation, actions });
new FolderStrip({ annotation, project, ui, navigation, actions });
new StatusLine({ annotation, project, ui, status, keys, connection, palette, actions });
new Placeholder({ annotation, project, connection, navigation });
new Banner({ annotation, project, connection, navigation });

// The server.
new LastView({ annotation, ui, viewport, connection });
const received = new ReceivedMessages({
  ...{ annotation, project, ui, ink, status, keys, connection, layers, viewport, drawing, navigation, hints, latency },
});
connection.start({ onmessage: (message) => received.take(message), greeting: () => navigation.greeting() });

/** For tests and the measure of latency, which read the stores and call the parts. */
const s2m = {
  ...{ annotation, project, ui, ink, status, keys, connection },
  ...{ viewport, layers, drawing, editor, navigation, actions, hints },
};
Object.assign(globalThis, { s2m });
