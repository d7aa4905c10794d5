/** The images of the folder in a strip: thumbnails, states, search; only those in sight are made. */

import { byId, make, makeButton } from "../elements.js";

/**
 * @import { Actions } from "../commands/actions.js"
 * @import { Navigation } from "../commands/navigation.js"
 * @import { FolderEntry } from "../messages.js"
 * @import { AnnotationStore } from "../state/annotation_store.js"
 * @import { ProjectStore } from "../state/project_store.js"
 * @import { UiStore } from "../state/ui_store.js"
 *
 * @typedef {object} Parts
 * @property {AnnotationStore} annotation
 * @property {ProjectStore} project
 * @property {UiStore} ui
 * @property {Navigation} navigation
 * @property {Actions} actions
 */

const STEP = 90;
/** @type {Record<FolderEntry["status"], string>} */
const MARKS = { untouched: "", in_progress: "•", done: "✓", flagged: "!", unreadable: "×" };
/** @type {Record<FolderEntry["status"], string>} */
const STATES = {
  untouched: "Untouched",
  in_progress: "Unfinished",
  done: "Done",
  flagged: "Flagged",
  unreadable: "Unreadable",
};

export class FolderStrip {
  /** @param {Parts} parts */
  constructor({ annotation, project, ui, navigation, actions }) {
    this.annotation = annotation;
    this.project = project;
    this.ui = ui;
    this.navigation = navigation;
    /** @type {FolderEntry[]} those that the search finds */
    this.found = [];
    /** @type {Map<number, HTMLElement>} by place in the strip */
    this.thumbs = new Map();
    this.lastPlace = -1;
    this.progress = make("progress", { max: 1, value: 0, "aria-label": "Progress of the folder" });
    this.count = make("span", { class: "quiet" });
    this.leftOut = makeButton({ class: "small-button", text: "Files left out" });
    this.search = make("input", { type: "search", placeholder: "Find by name", "aria-label": "Find an image by name" });
    const filters = Object.entries({ all: "All", ...STATES }).map(([value, text]) => make("option", { value, text }));
    this.filter = make("select", { "aria-label": "Which images" }, filters);
    this.inner = make("div", { class: "strip-inner" });
    this.strip = make("div", { class: "strip", tabindex: -1 }, [this.inner]);
    this.#build(actions);
    annotation.watch(["image", "unreadable"], () => this.draw());
    project.watch(["folder", "leftOut"], () => this.draw());
    ui.watch(["folderShown", "panels"], () => this.draw());
  }

  /** @param {Actions} actions */
  #build(actions) {
    const { strip } = this;
    this.search.addEventListener("input", () => this.draw());
    this.leftOut.addEventListener("click", () => actions.run("left-out"));
    this.filter.addEventListener("change", () => this.draw());
    const run = () => actions.run("next-unfinished");
    const next = makeButton({ class: "small-button", text: "Next unfinished", onclick: run });
    const spacer = make("span", { class: "spacer" });
    const again = makeButton({
      class: "small-button again",
      text: "Look again",
      onclick: () => actions.run("look-again"),
    });
    const head = [this.progress, this.count, this.leftOut, spacer, this.search, this.filter, again, next];
    strip.addEventListener("scroll", () => this.#fill(), { passive: true });
    const roll = (/** @type {WheelEvent} */ event) => {
      if (event.deltaX === 0) strip.scrollLeft += event.deltaY;
    };
    strip.addEventListener("wheel", roll, { passive: true });
    byId("folder").replaceChildren(make("div", { class: "folder-head" }, head), strip);
    new ResizeObserver(() => this.#fill()).observe(strip);
  }

  draw() {
    const { folder } = this.project.value;
    byId("folder").hidden = !this.project.hasFolder || !this.ui.value.folderShown;
    if (byId("folder").hidden) return;
    const words = this.search.value.toLowerCase();
    const wanted = this.filter.value;
    this.found = folder.filter(
      ({ name, status }) => (wanted === "all" || status === wanted) && name.toLowerCase().includes(words),
    );
    this.#showProgress();
    this.inner.style.width = `${this.found.length * STEP + 6}px`;
    this.inner.replaceChildren();
    this.thumbs.clear();
    const open = this.annotation.value.image?.name;
    const place = this.found.findIndex((entry) => entry.name === open);
    if (place >= 0 && this.lastPlace !== place) this.#bringIntoSight(place);
    this.lastPlace = place;
    this.#fill();
  }

  #showProgress() {
    const { folder } = this.project.value;
    const done = folder.filter((entry) => entry.status === "done").length;
    const seconds = folder.reduce((sum, entry) => sum + entry.seconds, 0);
    const strokes = folder.reduce((sum, entry) => sum + entry.strokes, 0);
    this.progress.value = done / folder.length;
    const drawn = `${strokes} ${strokes === 1 ? "stroke" : "strokes"}`;
    this.leftOut.hidden = this.project.value.leftOut.length === 0;
    this.count.textContent = `${done} of ${folder.length} done · ${drawn} · ${duration(seconds)}`;
  }

  /** @param {number} place */
  #bringIntoSight(place) {
    const { strip } = this;
    const left = place * STEP;
    const isInSight = left >= strip.scrollLeft && left + STEP <= strip.scrollLeft + strip.clientWidth;
    if (!isInSight) strip.scrollLeft = left - strip.clientWidth / 2 + STEP / 2;
  }

  /** Make the thumbnails in sight, and forget the others. */
  #fill() {
    const { strip } = this;
    const first = Math.max(0, Math.floor(strip.scrollLeft / STEP) - 2);
    const last = Math.min(this.found.length, Math.ceil((strip.scrollLeft + strip.clientWidth) / STEP) + 2);
    const wanted = new Set(Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i));
    for (const [place, thumb] of this.thumbs) {
      if (wanted.has(place)) continue;
      thumb.remove();
      this.thumbs.delete(place);
    }
    for (const place of wanted) {
      if (this.thumbs.has(place)) continue;
      const thumb = this.#thumb(this.found[place]);
      thumb.style.left = `${place * STEP + 6}px`;
      this.thumbs.set(place, thumb);
      this.inner.append(thumb);
    }
  }

  /** @param {FolderEntry} entry */
  #thumb({ index, name, status, strokes, error }) {
    const { image, unreadable } = this.annotation.value;
    const mark = MARKS[status];
    const badge = mark ? [make("span", { class: `badge ${status}`, text: mark, "aria-hidden": "true" })] : [];
    const more = `${strokes ? `, ${strokes} strokes` : ""}${error ? `\n${error}` : ""}`;
    return makeButton(
      {
        class: "thumb",
        title: `${name}\n${STATES[status]}${more}`,
        "aria-label": `${name}, ${STATES[status]}`,
        "aria-current": String(name === image?.name || name === unreadable?.name),
        onclick: () => this.navigation.open(name),
      },
      [status === "unreadable" ? cannotBeRead() : thumbnail(index), ...badge],
    );
  }
}

/** @param {number} index */
function thumbnail(index) {
  const picture = make("img", { alt: "", loading: "lazy", draggable: "false" });
  picture.addEventListener("error", () => picture.replaceWith(cannotBeRead()));
  picture.src = `api/images/${index}/thumbnail`;
  return picture;
}

function cannotBeRead() {
  return make("span", { class: "cannot", text: "cannot be read" });
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
