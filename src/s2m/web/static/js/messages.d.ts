// Written by scripts/page_types.py from the messages in src/s2m/web; do not edit.

export type MessageFromPage =
  | Hello
  | Open
  | LookAgain
  | TakeOver
  | DoCommand
  | PenPoints
  | PenCancel
  | Save
  | KeepView
  | KeepPreferences
  | AddClass
  | ChangeClass
  | RemoveClass
  | CopyObjects;

export type MessageToPage =
  | Welcome
  | ImageShown
  | ImageUnreadable
  | AnnotationChanged
  | MasksChanged
  | CommandDone
  | CommandFailed
  | OtherPen
  | EditorChanged
  | EncodingProgress
  | ImageSaved
  | FolderEntryChanged
  | FolderChanged
  | ClassesChanged
  | Notice;

export type Command =
  | Draw
  | Brush
  | Erase
  | FillHoles
  | DropSpecks
  | Smooth
  | Keep
  | Clear
  | AddObject
  | ChangeObjects
  | DeleteObjects
  | MergeObjects
  | SplitObject
  | ChangeStroke
  | DeleteStroke
  | ImportMasks
  | PasteObjects
  | MarkImage
  | Configure
  | ShowObjects
  | Undo
  | Redo;

/** Offer one class more in the whole project; an empty colour leaves objects theirs. */
export interface AddClass {
  type: "add_class";
  id: string;
  name: string;
  colour?: string;
}

/** A new object; an empty name or colour is chosen. */
export interface AddObject {
  kind: "add_object";
  object_id: number;
  name?: string;
  class_name?: string;
  colour?: string;
}

/** Everything about the annotation but the masks; `undo` and `redo` say what they would do. */
export interface AnnotationChanged {
  type: "state";
  image: string;
  number: number;
  status: "in_progress" | "done" | "flagged";
  overlap: "exclusive" | "overlapping";
  undo: string | null;
  redo: string | null;
  objects: ObjectEntry[];
  strokes: StrokeEntry[];
}

/** Exact pixels that are the object's whatever the network says. */
export interface Brush {
  kind: "brush";
  points: [number, number][];
  object_id: number;
  width_px?: number;
  pressures?: number[];
}

/** Rename or recolour a class: what is given changes. */
export interface ChangeClass {
  type: "change_class";
  id: string;
  name: string;
  new_name?: string | null;
  colour?: string | null;
}

/** What is given changes, for all of them: name, class, colour, lock. */
export interface ChangeObjects {
  kind: "change_objects";
  object_ids: number[];
  name?: string | null;
  class_name?: string | null;
  colour?: string | null;
  locked?: boolean | null;
}

/** A stroke since the masks were kept moves, turns its sign, or goes to another object. */
export interface ChangeStroke {
  kind: "change_stroke";
  key: string;
  points?: [number, number][] | null;
  sign?: "positive" | "negative" | null;
  object_id?: number | null;
}

/** A class that objects can have, and the names it had before. */
export interface ClassEntry {
  name: string;
  colour: string;
  former_names: string[];
}

/** The classes of the project changed. */
export interface ClassesChanged {
  type: "classes";
  classes: ClassEntry[];
}

/** Strokes, masks and hard pixels of all unlocked objects go; the objects stay. */
export interface Clear {
  kind: "clear";
}

/** A message with an id was done; `text` says what, for the status line. */
export interface CommandDone {
  type: "done";
  id: string;
  kind: string;
  ms: number;
  text: string;
}

/** A message with an id could not be done; `code` is that of `s2m.errors`. */
export interface CommandFailed {
  type: "failed";
  id: string;
  code: string;
  text: string;
}

/** Whether objects of this image may overlap from now on. */
export interface Configure {
  kind: "configure";
  overlap: "exclusive" | "overlapping";
}

/** Paste objects of one image into another. */
export interface CopyObjects {
  type: "copy_objects";
  id: string;
  image: string;
  into: string;
  object_ids: number[];
}

/** Objects go, with their strokes, masks and hard pixels. */
export interface DeleteObjects {
  kind: "delete_objects";
  object_ids: number[];
}

/** A stroke since the masks were kept goes; those after it are answered anew. */
export interface DeleteStroke {
  kind: "delete_stroke";
  key: string;
}

/** Change the annotation of an image: `body` as `s2m.session.commands.command_from_json` reads it. */
export interface DoCommand {
  type: "command";
  id: string;
  image: string;
  body: Command;
}

/** Strokes that are answered together: one, or those collected in batch mode. */
export interface Draw {
  kind: "draw";
  strokes: DrawnStroke[];
  hidden_ids?: number[];
  joins?: number;
}

/** One movement of the pen. */
export interface DrawnStroke {
  points: [number, number][];
  object_id?: number;
  sign?: "positive" | "negative";
  tool?: "stroke" | "dot" | "box" | "lasso";
  width_px?: number;
  pressures?: number[];
  key?: string;
}

/** Parts below a size go; without a size all parts but the largest. */
export interface DropSpecks {
  kind: "drop_specks";
  object_id: number;
  min_area_px?: number | null;
}

/** Whether this page edits the image from now on. */
export interface EditorChanged {
  type: "editor";
  image: string;
  you: boolean;
}

/** The network begins to encode the image, or has done it. */
export interface EncodingProgress {
  type: "encoding";
  image: string;
  done: boolean;
  ms: number;
}

/** Exact pixels that are not the object's; with object 0, no object's. */
export interface Erase {
  kind: "erase";
  points: [number, number][];
  object_id: number;
  width_px?: number;
  pressures?: number[];
}

/** The pixels of an object in a part of the image: `rings` along the edges of pixels, x, y, x, y... */
export interface ExactMaskEntry {
  id: number;
  rings: number[][];
}

/** A format that can be chosen. */
export interface ExportFormat {
  name: string;
  title: string;
}

/** How far an export is. */
export interface ExportProgress {
  state: "none" | "running" | "done" | "checked" | "found" | "cancelled" | "failed";
  done: number;
  total: number;
  folder: string;
  lines: string[];
}

/** What a page wants exported. */
export interface ExportRequest {
  formats?: string[];
  folder?: string;
  only_done?: boolean;
  classes?: string[];
  shares?: Record<string, number>;
  seed?: number;
  with_images?: boolean;
  as_predictions?: boolean;
  only_check?: boolean;
  strict?: boolean;
}

/** Background enclosed by an object becomes the object's; only holes up to a size, if one is given. */
export interface FillHoles {
  kind: "fill_holes";
  object_id: number;
  max_area_px?: number | null;
}

/** The images of the folder, and what of it is none, after somebody looked again. */
export interface FolderChanged {
  type: "folder";
  folder: FolderEntry[];
  left_out: string[];
}

/** One image of the folder as its list shows it; `error` says why it cannot be opened. */
export interface FolderEntry {
  index: number;
  name: string;
  status: "untouched" | "in_progress" | "done" | "flagged" | "unreadable";
  strokes: number;
  seconds: number;
  error: string | null;
}

/** One image of the folder changed. */
export interface FolderEntryChanged {
  type: "entry";
  entry: FolderEntry;
}

/** The first message of a page on every connection. */
export interface Hello {
  type: "hello";
  page: string;
}

/** The values of an image of more than 8 bits, and two choices of contrast limits; `whole`: no fractions. */
export interface ImageDepth {
  lowest: number;
  highest: number;
  whole: boolean;
  usual: [number, number];
  tight: [number, number];
}

/** The masks were written; `backup` is what an earlier file of the user is called now. */
export interface ImageSaved {
  type: "saved";
  image: string;
  path: string;
  backup: string | null;
}

/** The first answer to `open`; `editor` says whether this page edits the image. */
export interface ImageShown {
  type: "image";
  index: number;
  name: string;
  width: number;
  height: number;
  tile_size: number;
  levels: number;
  stamp: string;
  example: number[] | null;
  depth: ImageDepth | null;
  editor: boolean;
  view: LastView;
}

/** The answer to `open` for an image that cannot be opened. */
export interface ImageUnreadable {
  type: "unreadable";
  name: string;
  text: string;
}

/**
 * Masks from elsewhere become the starting masks; they replace those of unlocked objects of the same ids.
 *
 * Strokes that led to them come along, as those before masks are kept.
 */
export interface ImportMasks {
  kind: "import_masks";
  source: string;
  size_hw: [number, number];
  masks: NamedMask[];
  strokes?: DrawnStroke[];
}

/** What became of a file for all images: how many got masks, were annotated already; and a line for each failure. */
export interface ImportOutcome {
  imported: number;
  annotated: number;
  failures: string[];
}

/** The present masks become the starting masks, which later strokes only correct. */
export interface Keep {
  kind: "keep";
}

/** Remember keys in the project's file, so that they are the same on every machine. */
export interface KeepPreferences {
  type: "preferences";
  preset: string;
  keys: Record<string, string[]>;
}

/** Remember what part of the image is shown, and how, for the next time it is opened. */
export interface KeepView {
  type: "view";
  image: string;
  zoom: number;
  centre_xy: [number, number];
  fitted: boolean;
  selected_object_id: number;
  contrast_limits?: [number, number] | null;
}

/** Where the user was in an image; no zoom means that the whole image is shown. */
export interface LastView {
  zoom: number | null;
  centre_xy: [number, number] | null;
  selected_object_id: number;
  contrast_limits: [number, number] | null;
}

/** Look for images that came into the folder since. */
export interface LookAgain {
  type: "look_again";
}

/** What the annotator thinks of the image. */
export interface MarkImage {
  kind: "mark_image";
  status: "in_progress" | "done" | "flagged";
  note?: string;
}

/**
 * The mask of an object: `key` is the fingerprint of its outlines, `area` its share of the image.
 *
 * `rings` are left out where the page has them; each is x, y, x, y... in image pixels.
 */
export interface MaskEntry {
  id: number;
  key: string;
  area: number;
  rings?: number[][];
}

/**
 * All masks of the image; with `preview`, those that a stroke in progress gives.
 *
 * `preview` is the key of that stroke, `points` how many of its points were answered.
 */
export interface MasksChanged {
  type: "masks";
  image: string;
  number: number;
  preview: string | null;
  ms: number;
  masks: MaskEntry[];
  points?: number;
}

/** Objects become one, `into_id`. */
export interface MergeObjects {
  kind: "merge_objects";
  object_ids: number[];
  into_id: number;
}

/** The mask of an object, with what it is. */
export interface NamedMask {
  object_id: number;
  name?: string;
  class_name?: string;
  colour?: string;
  mask: PackedMask;
}

/** Something to tell the user that answers no message with an id. */
export interface Notice {
  type: "notice";
  level: "warning" | "error";
  text: string;
}

/** One object of the image. */
export interface ObjectEntry {
  id: number;
  name: string;
  class_name: string;
  colour: string;
  visible: boolean;
  locked: boolean;
}

/** Show an image; the page that opens it first edits it. */
export interface Open {
  type: "open";
  image: string;
}

/** The stroke that another page is drawing; `points` are x, y, x, y... in image pixels. */
export interface OtherPen {
  type: "pen";
  image: string;
  key: string;
  object_id: number;
  sign: "positive" | "negative";
  tool: "stroke" | "dot" | "box" | "lasso";
  width_px: number;
  points: number[];
}

/** A mask of the whole image that only stores its box, one bit a pixel, compressed, as text. */
export interface PackedMask {
  box_xyxy: [number, number, number, number];
  data: string;
}

/** Objects of another image with their masks, as new objects; the ids given are those of the other image. */
export interface PasteObjects {
  kind: "paste_objects";
  source: string;
  size_hw: [number, number];
  masks: NamedMask[];
}

/** The stroke being drawn was none: a second finger came down, or Escape was pressed. */
export interface PenCancel {
  type: "pen_cancel";
  image: string;
  key: string;
}

/** More points of the stroke being drawn; `first` is the number of its points sent before. */
export interface PenPoints {
  type: "pen";
  image: string;
  key: string;
  object_id: number;
  sign: "positive" | "negative";
  tool: "stroke" | "dot" | "box" | "lasso";
  width_px: number;
  first: number;
  points: [number, number][];
}

/** Keys as the user chose them; empty before that. */
export interface Preferences {
  preset?: string;
  keys?: Record<string, string[]>;
}

/** The project: `read_only` says why nothing can be changed, `key` is a name that stays when it is reopened. */
export interface ProjectInfo {
  name: string;
  output: string;
  read_only: string | null;
  model: string;
  palette: string[];
  key: string;
  file_palette: string[];
  classes: ClassEntry[];
}

/** The command undone last is done again. */
export interface Redo {
  kind: "redo";
}

/** Offer a class no longer; objects that have it keep it. */
export interface RemoveClass {
  type: "remove_class";
  id: string;
  name: string;
}

/** Write the masks of an image now. */
export interface Save {
  type: "save";
  id: string;
  image: string;
}

/** Objects are hidden, or shown again.  It is no step that can be undone. */
export interface ShowObjects {
  kind: "show_objects";
  object_ids: number[];
  visible: boolean;
}

/** The outline becomes smoother, at the scale of a radius in image pixels. */
export interface Smooth {
  kind: "smooth";
  object_id: number;
  radius_px?: number;
}

/** Each connected part of an object becomes an object; the largest part keeps the id. */
export interface SplitObject {
  kind: "split_object";
  object_id: number;
}

/**
 * A stroke; one that the page has already comes with `key` and `past` only.
 *
 * `points` are x, y, x, y... in image pixels.
 */
export interface StrokeEntry {
  key: string;
  past: boolean;
  object_id?: number;
  sign?: "positive" | "negative";
  tool?: "stroke" | "dot" | "box" | "lasso";
  width_px?: number;
  points?: number[];
}

/** Become the editor of an image that another page edits. */
export interface TakeOver {
  type: "take_over";
  image: string;
}

/** The last command that is not undone is undone. */
export interface Undo {
  kind: "undo";
}

/** The answer to `hello`: the project, its images, what of its folder is none, and the image to open first. */
export interface Welcome {
  type: "welcome";
  project: ProjectInfo;
  preferences: Preferences;
  folder: FolderEntry[];
  left_out: string[];
  first: string;
}
