/** The images of the folder in a strip: thumbnails, states, search; only those in sight are made. */

import { byId, make } from "./elements.js";

const STEP = 90;
const MARKS = { done: "✓", flagged: "!", in_progress: "•", unreadable: "×" };
const FILTERS = {
  all: "All",
  untouched: "Untouched",
  in_progress: "In progress",
  done: "Done",
  flagged: "Flagged",
  unreadable: "Unreadable",
};

export class FolderStrip {
  /** @param {import("./app.js").App} app */
  constructor(app) {
    this.app = app;
    this.words = "";
    this.filter = "all";
    /** @type {Map<number, HTMLElement>} by index in the folder */
    this.thumbs = new Map();
    this.#build();
    app.doc.watch(["folder", "image", "unreadable"], () => this.draw());
    app.ui.watch(["folderShown", "panels"], () => this.draw());
  }

  #build() {
    this.progress = make("progress", { max: 1, value: 0, "aria-label": "Progress of the folder" });
    this.count = make("span", { class: "quiet" });
    const search = make("input", {
      type: "search",
      placeholder: "Find by name",
      "aria-label": "Find an image by name",
      oninput: (/** @type {Event} */ event) => {
        this.words = /** @type {HTMLInputElement} */ (event.target).value.toLowerCase();
        this.draw();
      },
    });
    const filter = make(
      "select",
      {
        "aria-label": "Which images",
        onchange: (/** @type {Event} */ event) => {
          this.filter = /** @type {HTMLSelectElement} */ (event.target).value;
          this.draw();
        },
      },
      Object.entries(FILTERS).map(([value, text]) => make("option", { value, text })),
    );
    const next = make("button", {
      type: "button",
      class: "small-button",
      text: "Next unfinished",
      onclick: () => this.app.run("next-unfinished"),
    });
    this.inner = make("div", { class: "strip-inner" });
    this.strip = make("div", { class: "strip", tabindex: -1 }, [this.inner]);
    this.strip.addEventListener("scroll", () => this.#fill(), { passive: true });
    this.strip.addEventListener(
      "wheel",
      (event) => {
        if (event.deltaX === 0) /** @type {HTMLElement} */ (this.strip).scrollLeft += event.deltaY;
      },
      { passive: true },
    );
    byId("folder").replaceChildren(
      make("div", { class: "folder-head" }, [
        this.progress,
        this.count,
        make("span", { class: "spacer" }),
        search,
        filter,
        next,
      ]),
      this.strip,
    );
    new ResizeObserver(() => this.#fill()).observe(this.strip);
  }

  draw() {
    const { folder, image } = this.app.doc.value;
    byId("folder").hidden = folder.length < 2 || !this.app.ui.value.folderShown;
    if (byId("folder").hidden) return;
    this.shown = folder.filter(
      (entry) =>
        (this.filter === "all" || entry.status === this.filter) && entry.name.toLowerCase().includes(this.words),
    );
    const done = folder.filter((entry) => entry.status === "done").length;
    const seconds = folder.reduce((sum, entry) => sum + entry.seconds, 0);
    const strokes = folder.reduce((sum, entry) => sum + entry.strokes, 0);
    /** @type {HTMLProgressElement} */ (this.progress).value = done / folder.length;
    /** @type {HTMLElement} */ (this.count).textContent =
      `${done} of ${folder.length} done · ${strokes} ${strokes === 1 ? "stroke" : "strokes"} · ${duration(seconds)}`;
    const inner = /** @type {HTMLElement} */ (this.inner);
    inner.style.width = `${this.shown.length * STEP + 6}px`;
    inner.replaceChildren();
    this.thumbs.clear();
    const place = this.shown.findIndex((entry) => entry.name === (image?.name ?? ""));
    if (place >= 0 && this.lastPlace !== place) this.#bringIntoSight(place);
    this.lastPlace = place;
    this.#fill();
  }

  /** @param {number} place */
  #bringIntoSight(place) {
    const strip = /** @type {HTMLElement} */ (this.strip);
    const left = place * STEP;
    if (left < strip.scrollLeft || left + STEP > strip.scrollLeft + strip.clientWidth)
      strip.scrollLeft = left - strip.clientWidth / 2 + STEP / 2;
  }

  /** Make the thumbnails in sight, and forget the others. */
  #fill() {
    const strip = /** @type {HTMLElement} */ (this.strip);
    const shown = this.shown ?? [];
    const first = Math.max(0, Math.floor(strip.scrollLeft / STEP) - 2);
    const last = Math.min(shown.length, Math.ceil((strip.scrollLeft + strip.clientWidth) / STEP) + 2);
    const wanted = new Set(Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i));
    for (const [place, thumb] of this.thumbs) {
      if (wanted.has(place)) continue;
      thumb.remove();
      this.thumbs.delete(place);
    }
    for (const place of wanted) {
      if (this.thumbs.has(place)) continue;
      const thumb = this.#thumb(shown[place], place);
      this.thumbs.set(place, thumb);
      /** @type {HTMLElement} */ (this.inner).append(thumb);
    }
  }

  /**
   * @param {import("./document.js").FolderEntry} entry
   * @param {number} place
   */
  #thumb(entry, place) {
    const now = entry.name === this.app.doc.value.image?.name || entry.name === this.app.doc.value.unreadable?.name;
    const state = FILTERS[/** @type {keyof FILTERS} */ (entry.status)] ?? entry.status;
    const picture =
      entry.status === "unreadable"
        ? make("span", { class: "cannot", text: "cannot be read" })
        : make("img", {
            onerror: (/** @type {Event} */ event) =>
              /** @type {Element} */ (event.target).replaceWith(
                make("span", { class: "cannot", text: "cannot be read" }),
              ),
            src: `api/images/${entry.index}/thumbnail`,
            alt: "",
            loading: "lazy",
            draggable: "false",
          });
    const mark = MARKS[/** @type {keyof MARKS} */ (entry.status)];
    const thumb = make(
      "button",
      {
        type: "button",
        class: "thumb",
        title: `${entry.name}\n${state}${entry.strokes ? `, ${entry.strokes} strokes` : ""}${entry.error ? `\n${entry.error}` : ""}`,
        "aria-label": `${entry.name}, ${state}`,
        "aria-current": String(now),
        onclick: () => this.app.open(entry.name),
      },
      [picture, ...(mark ? [make("span", { class: `badge ${entry.status}`, text: mark, "aria-hidden": "true" })] : [])],
    );
    thumb.style.left = `${place * STEP + 6}px`;
    return thumb;
  }
}

/** @param {number} seconds */
function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
