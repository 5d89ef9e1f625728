// The page: takes photos, shows one card for each, and fills it when its answer is there.

import { askModel, askPhoto, useKey } from "./asking.js";
import { VERDICTS, countOf, explain, percent, toCsv } from "./words.js";

const SHOWN_PX = 720;

const at = (id) => document.getElementById(id);
let model = null;
let photos = []; // {name, file, card, answer}
let saidAt = 0;

// ---------------------------------------------------------------- taking photos

function take(files) {
  const taken = [...files].filter((file) => file.type.startsWith("image/") || !file.type);
  if (!taken.length) {
    if (files.length) say("Those are no photos.");
    return;
  }
  document.body.classList.add("has-results");
  at("results").hidden = false;
  for (const file of taken) add(file);
  drawTotals();
}

function add(file) {
  const card = at("card").content.firstElementChild.cloneNode(true);
  const photo = { name: file.name || "pasted photo", file, card, answer: null };
  const find = (selector) => card.querySelector(selector);
  find(".name").textContent = photo.name;
  find(".name").title = photo.name;
  find(".why").addEventListener("click", () => toggleWhy(photo));
  find(".again").addEventListener("click", () => ask(photo));
  for (const button of card.querySelectorAll("[data-map]")) {
    button.addEventListener("click", () => showMap(photo, button.dataset.map));
  }
  at("cards").append(card);
  photos.push(photo);
  showPhoto(photo);
  ask(photo);
}

async function showPhoto(photo) {
  const stage = photo.card.querySelector(".stage");
  try {
    const bitmap = await createImageBitmap(photo.file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SHOWN_PX / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Photo ${photo.name}`);
    stage.prepend(canvas);
  } catch {
    const blank = document.createElement("p");
    blank.className = "blank";
    blank.textContent = "This browser cannot show this file.";
    stage.prepend(blank);
  }
}

// ---------------------------------------------------------------- asking

async function ask(photo) {
  const article = photo.card.querySelector(".card");
  article.className = "card is-waiting";
  photo.card.querySelector(".verdict").textContent = "Looking…";
  photo.card.querySelector(".again").hidden = true;
  photo.card.querySelector(".reason").textContent = "";
  photo.answer = null;
  try {
    await modelKnown();
    photo.answer = await withKey(() => askPhoto(photo.file));
  } catch (refusal) {
    photo.answer = { error: { detail: refusal.message }, isRefused: true };
  }
  article.classList.remove("is-waiting");
  draw(photo);
  drawTotals();
}

let modelAsked = null;

function modelKnown() {
  modelAsked ??= withKey(askModel).then((found) => {
    model = found;
    at("model").textContent = `Answered by catordog ${model.version}'s model “${model.name}”.`;
    document.documentElement.style.setProperty("--threshold", model.thresholds.pet);
  });
  modelAsked.catch(() => { modelAsked = null; });
  return modelAsked;
}

let keyAsked = null;

/** Does something; where the server wants a key, asks for one and does it again. */
async function withKey(deed) {
  for (;;) {
    try {
      return await deed();
    } catch (refusal) {
      if (refusal.status !== 401) throw refusal;
      keyAsked ??= askKey().finally(() => { keyAsked = null; });
      if (!(await keyAsked)) throw refusal;
    }
  }
}

function askKey() {
  const dialog = at("key");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      const isGiven = dialog.returnValue === "use" && at("key-value").value !== "";
      if (isGiven) useKey(at("key-value").value);
      at("key-value").value = "";
      done(isGiven);
    }, { once: true });
  });
}

// ---------------------------------------------------------------- showing

function draw(photo) {
  const { card, answer } = photo;
  const find = (selector) => card.querySelector(selector);
  const article = find(".card");
  article.classList.toggle("is-error", Boolean(answer.error));
  article.dataset.label = answer.label ?? "error";
  find(".again").hidden = !answer.isRefused;
  if (answer.error) {
    find(".verdict").textContent = "No answer";
    find(".reason").textContent = answer.error.detail;
    return;
  }
  find(".verdict").textContent = VERDICTS[answer.label];
  find(".reason").textContent = explain(answer, model.thresholds);
  find(".warning").textContent = answer.warning;
  find(".warning").hidden = !answer.warning;
  find(".why").hidden = false;
  for (const animal of ["cat", "dog"]) {
    const p = answer[`p_${animal}`];
    find(`.row.${animal}`).style.setProperty("--p", p);
    find(`.row.${animal} .value`).textContent = percent(p);
  }
}

function drawTotals() {
  const answered = photos.filter((photo) => photo.answer);
  const counts = new Map();
  for (const { answer } of answered) {
    const label = answer.label ?? "error";
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const items = ["cat", "dog", "both", "neither", "error"].filter((label) => counts.has(label));
  at("totals").replaceChildren(...items.map((label) => {
    const item = document.createElement("li");
    item.dataset.label = label;
    item.textContent = countOf(label, counts.get(label));
    return item;
  }));
  at("progress").max = photos.length || 1;
  at("progress").value = answered.length;
  at("csv").disabled = !answered.length;
  const isDone = answered.length === photos.length;
  if (isDone || performance.now() - saidAt > 3000) {
    const found = items.map((label) => countOf(label, counts.get(label))).join(", ");
    say(`${answered.length} of ${photos.length} photos answered${found ? `: ${found}` : ""}.`);
  }
}

async function toggleWhy(photo) {
  const button = photo.card.querySelector(".why");
  const isOpen = button.getAttribute("aria-expanded") === "true";
  if (isOpen) {
    setWhy(photo, false);
    return;
  }
  button.disabled = true;
  button.textContent = "Looking…";
  try {
    photo.maps ??= (await withKey(() => askPhoto(photo.file, { explain: true }))).heat_maps;
    setWhy(photo, true);
    showMap(photo, photo.answer.label === "dog" ? "dog" : "cat");
  } catch (refusal) {
    say(refusal.message);
    photo.card.querySelector(".reason").textContent = refusal.message;
    setWhy(photo, false);
  }
  button.disabled = false;
  button.focus();
}

function setWhy(photo, isOpen) {
  const button = photo.card.querySelector(".why");
  button.setAttribute("aria-expanded", String(isOpen));
  button.textContent = isOpen ? "Hide why" : "Show why";
  photo.card.querySelector(".maps").hidden = !isOpen;
  photo.card.querySelector(".stage img")?.remove();
}

function showMap(photo, animal) {
  for (const button of photo.card.querySelectorAll("[data-map]")) {
    button.setAttribute("aria-pressed", String(button.dataset.map === animal));
  }
  const bytes = Uint8Array.from(atob(photo.maps[animal]), (character) => character.charCodeAt(0));
  const image = new Image();
  image.alt = `Heat map: where ${photo.name} speaks for a ${animal}`;
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  photo.card.querySelector(".stage img")?.remove();
  photo.card.querySelector(".stage").append(image);
}

function say(text) {
  saidAt = performance.now();
  at("status").textContent = text;
}

// ---------------------------------------------------------------- the rest

function saveCsv() {
  const rows = photos.filter((photo) => photo.answer);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([toCsv(rows)], { type: "text/csv" }));
  link.download = "catordog.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function clear() {
  photos = [];
  at("cards").replaceChildren();
  at("results").hidden = true;
  document.body.classList.remove("has-results");
  say("Cleared.");
  at("choose").focus();
}

function listen() {
  for (const [button, input] of [["choose", "files"], ["photograph", "camera"]]) {
    at(button).addEventListener("click", () => at(input).click());
    at(input).addEventListener("change", () => {
      take(at(input).files);
      at(input).value = ""; // the same photo may be chosen again
    });
  }
  at("csv").addEventListener("click", saveCsv);
  at("clear").addEventListener("click", clear);
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) take(event.clipboardData.files);
  });
  const over = (isOver) => document.body.classList.toggle("is-over", isOver);
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => over(event.relatedTarget !== null));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(false);
    take(event.dataTransfer.files);
  });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) {
    document.querySelector(".hint kbd").textContent = "⌘";
  }
}

listen();
modelKnown().catch(() => {}); // asked again with the first photo
