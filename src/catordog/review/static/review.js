// One photo at a time, a decision for each, on the server's disk before the page moves on.

const KINDS = {
  label: "Label doubted",
  neither: "Neither?",
  both: "Both?",
  conflict: "Duplicates disagree",
  unreadable: "Unreadable",
};
const MARKS = { keep: "✓", cat: "C", dog: "D", both: "B", neither: "N", drop: "✕" };
const DECISION_KEYS = {
  Enter: "keep", " ": "keep", c: "cat", d: "dog", b: "both", n: "neither", x: "drop",
};
const OTHER_KEYS = {
  ArrowRight: () => step(1), j: () => step(1), ArrowLeft: () => step(-1), k: () => step(-1),
  u: undo, Backspace: undo, g: goToUndecided, z: () => zoom(), "?": toggleHelp,
};
const ZOOM = 2.5;
const PREFETCHED = 3;
const SAVING_MS = 15_000;

const at = (id) => document.getElementById(id);
const review = { queue: "", file: "", items: [], kind: "", current: 0 };
let isSaving = false;
let isShown = false; // whether the current photo can be seen: nobody decides about another one
let order = 0; // grows with each decision; the largest is the latest
let retried = null;

// ---------------------------------------------------------------- what is where

const current = () => review.items[review.current];
const isDecided = (item) => item.decision !== "undecided";
const listed = () => review.items.filter((item) => !review.kind || item.kind === review.kind);
const photoUrl = (item, size) => `/photos/${review.queue}/${item.index}/${size}`;
const nameOf = (kind) => KINDS[kind] ?? kind;

/** The listed items after the current one, then those before it. */
function upcoming() {
  const items = listed();
  const later = items.filter((item) => item.index > review.current);
  return [...later, ...items.filter((item) => item.index < review.current)];
}

// ---------------------------------------------------------------- moving

function show(index) {
  review.current = index;
  history.replaceState(null, "", `#${index + 1}`);
  drawAbout();
  drawStrip();
  showPhoto();
}

function step(by) {
  const items = listed();
  const place = items.indexOf(current());
  const next = items[Math.min(items.length - 1, Math.max(0, place + by))];
  if (next && next !== current()) {
    show(next.index);
    say(describe(next));
  } else {
    say(by > 0 ? "This is the last photo." : "This is the first photo.");
  }
}

function goToUndecided() {
  const next = upcoming().find((item) => !isDecided(item));
  if (next) show(next.index);
  say(next ? describe(next) : "No other photo here is undecided.");
}

// ---------------------------------------------------------------- deciding

async function decide(item, decision) {
  if (isSaving) return;
  if (item === current() && !isShown && decision !== "undecided") {
    say("Wait: the photo is still loading.");
    return;
  }
  isSaving = true;
  setSaved("Saving…");
  const error = await post({ queue: review.queue, index: item.index, decision });
  isSaving = false;
  if (error) {
    fail(error, () => decide(item, decision));
    return;
  }
  at("error").hidden = true;
  item.decision = decision;
  item.is_stale = false;
  item.order = isDecided(item) ? ++order : -1;
  setSaved(isDecided(item) ? `Saved: ${decision}` : "Taken back");
  moveOn(item);
}

function moveOn(item) {
  const next = isDecided(item) ? upcoming().find((other) => !isDecided(other)) : item;
  const what = isDecided(item) ? `Saved as ${item.decision}.` : "Decision taken back.";
  drawProgress();
  if (next) show(next.index);
  else show(item.index);
  say(next ? `${what} ${describe(next)}` : `${what} ${at("done").textContent}`);
}

function undo() {
  const latest = review.items.reduce((a, b) => (b.order > a.order ? b : a), current());
  const item = isDecided(current()) ? current() : latest;
  if (!isDecided(item)) say("There is nothing to undo.");
  else {
    if (review.kind && item.kind !== review.kind) setKind("");
    decide(item, "undecided");
  }
}

/** Returns an error to show, or null once the decision is on the disk. */
async function post(body) {
  try {
    const response = await fetch("/api/decisions", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(SAVING_MS),
    });
    if (response.ok) return null;
    return { text: await errorIn(response), isOutdated: response.status === 409 };
  } catch {
    return {
      text: "Not saved: the server does not answer. Start the same command again in the "
        + "terminal, then try again here. Nothing that was saved is lost.",
      isOutdated: false,
    };
  }
}

async function errorIn(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}

function fail(error, retry) {
  setSaved("Not saved", true);
  retried = error.isOutdated ? () => location.reload() : retry;
  at("error-text").textContent = error.text;
  at("retry").textContent = error.isOutdated ? "Reload the page" : "Try again";
  at("error").hidden = false;
}

// ---------------------------------------------------------------- drawing

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const percent = (p) => `${(100 * p).toFixed(p > 0.999 && p < 1 ? 2 : 1)} %`;
const said = (label) => (label ? `labelled ${label}` : "without a label");
const describe = (item) =>
  `Photo ${item.index + 1} of ${review.items.length}: ${item.id}, ${said(item.label)}. `
  + `${item.reason}.${isDecided(item) ? ` Decided: ${item.decision}.` : ""}`;

function drawAbout() {
  const item = current();
  const items = listed();
  const place = items.indexOf(item);
  at("place").textContent = `Photo ${place + 1} of ${items.length}`;
  at("kind").textContent = nameOf(item.kind);
  at("id").textContent = item.id;
  at("reason").textContent = item.reason;
  at("label").textContent = item.label || "nothing";
  at("label").dataset.label = item.label;
  at("keep").textContent = item.label ? `Keep ${item.label}` : "Keep as it is";
  at("stale").hidden = !item.is_stale;
  at("previous").disabled = place <= 0;
  at("next").disabled = place >= items.length - 1;
  drawAnswer(item);
  drawRelated(item);
  drawDecision(item);
  drawDone();
}

function drawAnswer(item) {
  const isAnswered = item.p_cat !== null && item.p_dog !== null;
  at("model").hidden = at("bars").hidden = !isAnswered;
  if (!isAnswered) return;
  at("answer").textContent = item.verdict;
  at("answer").dataset.label = item.verdict;
  for (const name of ["cat", "dog"]) {
    const p = item[`p_${name}`];
    at(`p-${name}`).textContent = percent(p);
    at(`bar-${name}`).style.width = `${100 * p}%`;
  }
}

function drawRelated(item) {
  const list = item.related.map((other, place) => {
    const src = `/photos/${review.queue}/${item.index}/related/${place}/thumb`;
    const alt = `${other.id}${other.label ? `, labelled ${other.label}` : ""}`;
    const image = make("img", { src, alt, loading: "lazy" });
    const caption = make("span", { textContent: other.label || other.id.split("/").pop() });
    caption.dataset.label = other.label;
    if (other.index === null) return make("li", { title: other.id }, image, caption);
    const button = make("button", { type: "button", title: `Go to ${other.id}` }, image, caption);
    button.addEventListener("click", () => {
      if (!listed().some((each) => each.index === other.index)) setKind("");
      show(other.index);
    });
    return make("li", {}, button);
  });
  at("related-list").replaceChildren(...list);
  at("related").hidden = !list.length;
}

function drawDecision(item) {
  const verdict = at("verdict");
  verdict.hidden = !isDecided(item);
  verdict.dataset.decision = item.decision;
  verdict.textContent = item.decision === "keep" ? "kept" : item.decision;
  if (item.decision === "drop") verdict.textContent = "dropped";
  for (const button of at("choices").querySelectorAll("[data-decision]")) {
    button.setAttribute("aria-pressed", String(button.dataset.decision === item.decision));
  }
}

function drawDone() {
  const isLeft = (items) => items.some((item) => !isDecided(item));
  at("done").hidden = isLeft(listed());
  at("done").textContent = isLeft(review.items)
    ? `All of “${nameOf(review.kind)}” are decided; others are left under “All”.`
    : `All ${review.items.length} are decided and stand in ${review.file}. `
      + "Ctrl-C in the terminal ends the review; catordog train --decisions uses it.";
}

function drawProgress() {
  const decided = review.items.filter(isDecided).length;
  at("count").textContent = `${decided} of ${review.items.length} decided`;
  at("progress").max = review.items.length || 1;
  at("progress").value = decided;
  document.title = `${decided}/${review.items.length} · catordog review`;
  const kinds = [...new Set(review.items.map((item) => item.kind))];
  const chips = [["", "All"], ...kinds.map((kind) => [kind, nameOf(kind)])].map(([kind, name]) => {
    const items = review.items.filter((item) => !kind || item.kind === kind);
    const left = items.filter((item) => !isDecided(item)).length;
    const count = make("span", { textContent: left ? `${left} left` : "done" });
    const chip = make("button", { type: "button" }, `${name} `, count);
    chip.dataset.kind = kind;
    chip.setAttribute("aria-pressed", String(kind === review.kind));
    return chip;
  });
  const focused = document.activeElement?.dataset?.kind;
  at("filters").replaceChildren(...chips);
  if (focused !== undefined) chips.find((chip) => chip.dataset.kind === focused)?.focus();
}

function buildStrip() {
  at("strip").replaceChildren(...listed().map((item) => {
    const image = make("img", { src: photoUrl(item, "thumb"), alt: "", loading: "lazy" });
    image.addEventListener("error", () => image.remove());
    const button = make("button", { type: "button" }, image, make("b"));
    button.dataset.index = item.index;
    return button;
  }));
}

function drawStrip() {
  for (const button of at("strip").children) {
    const item = review.items[button.dataset.index];
    button.dataset.decision = item.decision;
    button.lastElementChild.textContent = MARKS[item.decision] ?? "";
    const state = isDecided(item) ? `decided: ${item.decision}` : "undecided";
    button.setAttribute("aria-label", `Photo ${item.index + 1}, ${item.id}, ${state}`);
    if (item !== current()) button.removeAttribute("aria-current");
    else {
      button.setAttribute("aria-current", "true");
      const strip = at("strip");
      strip.scrollLeft = button.offsetLeft - (strip.clientWidth - button.clientWidth) / 2;
    }
  }
}

async function showPhoto() {
  const item = current();
  const image = make("img", { src: photoUrl(item, "large") });
  image.alt = `${item.id}, ${said(item.label)}`;
  isShown = false;
  zoom(false);
  at("photo").replaceChildren();
  let shown = image;
  try {
    await image.decode();
  } catch {
    shown = make("span", { className: "unreadable", textContent: await whyNot(image.src) });
  }
  if (item !== current()) return; // moved on meanwhile
  at("photo").replaceChildren(shown);
  isShown = true;
  for (const next of upcoming().filter((each) => !isDecided(each)).slice(0, PREFETCHED)) {
    new Image().src = photoUrl(next, "large");
  }
}

async function whyNot(url) {
  try {
    const response = await fetch(url);
    return response.ok ? "The browser cannot show this photo." : await errorIn(response);
  } catch {
    return "The server does not answer. Start the same command again in the terminal.";
  }
}

// ---------------------------------------------------------------- zoom, status, help

function zoom(wanted, x = 50, y = 50) {
  const photo = at("photo");
  const image = photo.querySelector("img");
  const isOn = Boolean(image) && (wanted ?? photo.getAttribute("aria-pressed") !== "true");
  photo.setAttribute("aria-pressed", String(isOn));
  if (!image) return;
  image.style.transform = isOn ? `scale(${ZOOM})` : "";
  image.style.transformOrigin = `${x}% ${y}%`;
}

const isZoomed = () => at("photo").getAttribute("aria-pressed") === "true";

function pointIn(event) {
  const box = at("photo").getBoundingClientRect();
  const share = (value, from, size) => Math.min(100, Math.max(0, (100 * (value - from)) / size));
  return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
}

function pan(key) {
  const image = at("photo").querySelector("img");
  if (!image || !isZoomed()) return;
  const [x, y] = image.style.transformOrigin.split(" ").map(parseFloat);
  const by = { ArrowLeft: [-15, 0], ArrowRight: [15, 0], ArrowUp: [0, -15], ArrowDown: [0, 15] };
  const clamp = (value) => Math.min(100, Math.max(0, value));
  zoom(true, clamp(x + by[key][0]), clamp(y + by[key][1]));
}

function say(text) {
  at("status").textContent = text;
}

function setSaved(text, isError = false) {
  at("saved").textContent = text;
  at("saved").classList.toggle("bad", isError);
}

function toggleHelp() {
  if (at("help").open) at("help").close();
  else at("help").showModal();
}

function setKind(kind) {
  review.kind = kind;
  drawProgress();
  buildStrip();
  const items = listed();
  const stay = items.includes(current()) ? current() : null;
  show((stay ?? items.find((item) => !isDecided(item)) ?? items[0]).index);
}

// ---------------------------------------------------------------- events

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !review.items.length) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (at("help").open) {
    if (key === "?") toggleHelp();
    return;
  }
  const isOnButton = event.target.closest?.("button") !== null;
  if (isOnButton && (key === "Enter" || key === " ")) return; // the button's own
  if (event.shiftKey && key.startsWith("Arrow")) pan(key);
  else if (DECISION_KEYS[key]) {
    if (!event.repeat) decide(current(), DECISION_KEYS[key]); // a key held down decides once
  } else if (OTHER_KEYS[key] && !(event.repeat && OTHER_KEYS[key] === undo)) OTHER_KEYS[key]();
  else return;
  event.preventDefault();
}

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  // After a mouse's click, Enter and Space are to keep the photo, not to press the button again.
  if (event.detail > 0 && !at("help").open) button.blur();
  const { decision, kind, index } = button.dataset;
  if (button.parentElement === at("strip")) show(Number(index));
  else if (button.parentElement === at("choices") && decision) decide(current(), decision);
  else if (kind !== undefined) setKind(kind);
}

function listen() {
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  at("previous").addEventListener("click", () => step(-1));
  at("next").addEventListener("click", () => step(1));
  at("undo").addEventListener("click", undo);
  at("undecided").addEventListener("click", goToUndecided);
  at("help-button").addEventListener("click", toggleHelp);
  at("retry").addEventListener("click", () => retried?.());
  at("photo").addEventListener("click", (event) => {
    zoom(undefined, ...(event.detail > 0 ? pointIn(event) : [50, 50]));
  });
  at("photo").addEventListener("pointermove", (event) => {
    if (isZoomed()) zoom(true, ...pointIn(event));
  });
}

async function start() {
  listen();
  let response;
  try {
    response = await fetch("/api/queue", { cache: "no-store" });
    if (!response.ok) throw new Error(await errorIn(response));
  } catch (error) {
    fail({ text: `The list of photos cannot be read: ${error.message}`, isOutdated: true });
    return;
  }
  Object.assign(review, await response.json());
  order = Math.max(-1, ...review.items.map((item) => item.order));
  at("file").textContent = review.file;
  drawProgress();
  if (!review.items.length) {
    at("count").textContent = "Nothing to review";
    return;
  }
  buildStrip();
  at("main").hidden = false;
  const wanted = Number(location.hash.slice(1)) - 1;
  const first = review.items[wanted] ?? review.items.find((item) => !isDecided(item));
  show((first ?? review.items[0]).index);
  say(`${review.note ?? ""} ${at("count").textContent}. ${describe(current())}`);
}

start();
