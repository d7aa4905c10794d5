/** Pointer strokes on an image become the trait `strokes`; the traits `image` and `overlay` are shown below them. */

/**
 * @typedef {{ points: [number, number][], object_id: number, sign: "positive" | "negative" }} Stroke
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(name: string, callback: () => void) => void} on
 * @property {(name: string, callback: () => void) => void} off
 */

const PEN_PX = 4;
const MOST_OBJECTS = 254;

/**
 * @param {HTMLElement} parent
 * @param {string} text
 * @param {string} title
 * @param {() => void} act
 */
function addButton(parent, text, title, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text;
  button.title = title;
  button.addEventListener("click", act);
  parent.append(button);
  return button;
}

/** @param {DataView} bytes */
async function pictureOf(bytes) {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return createImageBitmap(new Blob([view.slice()]));
}

/** @param {{ model: Model, el: HTMLElement }} place */
function render({ model, el }) {
  const [width, height] = /** @type {[number, number]} */ (model.get("size_wh"));
  const root = document.createElement("div");
  root.className = "s2m-scribbles";
  const tools = document.createElement("div");
  tools.className = "s2m-tools";
  const canvas = document.createElement("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("aria-label", "Image to draw on");
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  root.append(tools, canvas);
  el.append(root);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

  /** @type {ImageBitmap | null} */ let image = null;
  /** @type {ImageBitmap | null} */ let overlay = null;
  /** @type {Stroke | null} */ let current = null;
  /** @type {Stroke["sign"]} */ let sign = "positive";
  let objectId = 1;

  /** @returns {Stroke[]} */
  const strokes = () => model.get("strokes");

  /** @param {Stroke[]} changed */
  function keep(changed) {
    model.set("strokes", changed);
    model.save_changes();
    refresh();
  }

  /** @param {Stroke} stroke */
  function drawStroke(stroke) {
    const scale = canvas.width / width;
    const points = stroke.points.map(([x, y]) => [x * scale, y * scale]);
    const line = new Path2D();
    line.moveTo(points[0][0], points[0][1]);
    for (const [x, y] of points.length > 1 ? points : [...points, points[0]]) line.lineTo(x, y);
    context.lineCap = context.lineJoin = "round";
    const pen = (PEN_PX * canvas.width) / Math.max(1, canvas.clientWidth);
    context.setLineDash([]);
    context.lineWidth = pen + 2;
    context.strokeStyle = stroke.sign === "positive" ? "#fff" : "#000";
    context.stroke(line);
    context.lineWidth = pen;
    context.strokeStyle = model.get("colours")[stroke.object_id];
    if (stroke.sign === "negative") context.setLineDash([pen, pen * 2]);
    context.stroke(line);
    context.setLineDash([]);
  }

  function paint() {
    if (image) context.drawImage(image, 0, 0);
    if (overlay) context.drawImage(overlay, 0, 0);
    for (const stroke of [...strokes(), ...(current ? [current] : [])]) drawStroke(stroke);
  }

  function refresh() {
    const drawn = strokes();
    const last = drawn.reduce((most, stroke) => Math.max(most, stroke.object_id), 0);
    tools.replaceChildren();
    for (let id = 1; id <= Math.max(last, objectId); id += 1) {
      const button = addButton(tools, String(id), `Draw object ${id}`, () => choose(id));
      button.style.borderColor = model.get("colours")[id];
      button.setAttribute("aria-pressed", String(id === objectId));
    }
    const added = Math.max(last, objectId) + 1;
    addButton(tools, "+", "Draw a new object", () => choose(added)).disabled = added > MOST_OBJECTS;
    const minus = addButton(tools, "Not the object", "Strokes show what the object is not (right button)", () => {
      sign = sign === "positive" ? "negative" : "positive";
      refresh();
    });
    minus.setAttribute("aria-pressed", String(sign === "negative"));
    addButton(tools, "Undo", "Take the last stroke back (Ctrl+Z)", undo).disabled = drawn.length === 0;
    status.textContent = model.get("message") || (model.get("answered") === drawn.length ? "" : "…");
    tools.append(status);
    paint();
  }

  /** @param {number} id */
  function choose(id) {
    objectId = id;
    refresh();
  }

  function undo() {
    if (strokes().length) keep(strokes().slice(0, -1));
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function placeOf(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    /** @param {number} value @param {number} most */
    const inside = (value, most) => Math.round(Math.min(Math.max(value, 0), most) * 100) / 100;
    return [inside(x, width), inside(y, height)];
  }

  canvas.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (current || (event.button !== 0 && event.button !== 2)) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus();
    const shown = event.button === 2 ? "negative" : sign;
    current = { points: [placeOf(event)], object_id: objectId, sign: shown };
    paint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!current) return;
    current.points.push(placeOf(event));
    drawStroke(current);
  });
  canvas.addEventListener("pointerup", () => {
    if (!current) return;
    const stroke = current;
    current = null;
    keep([...strokes(), stroke]);
  });
  canvas.addEventListener("pointercancel", () => {
    current = null;
    paint();
  });
  canvas.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== "z") return;
    event.preventDefault();
    event.stopPropagation();
    undo();
  });

  async function showOverlay() {
    const bytes = model.get("overlay");
    const picture = await pictureOf(bytes);
    if (bytes !== model.get("overlay")) return;
    overlay = picture;
    paint();
  }

  model.on("change:overlay", showOverlay);
  for (const name of ["strokes", "answered", "message"]) model.on(`change:${name}`, refresh);
  pictureOf(model.get("image")).then((picture) => {
    [canvas.width, canvas.height] = [picture.width, picture.height];
    image = picture;
    return showOverlay();
  });
  refresh();

  return () => {
    model.off("change:overlay", showOverlay);
    for (const name of ["strokes", "answered", "message"]) model.off(`change:${name}`, refresh);
  };
}

export default { render };
