// A challenge in a page: fetches it, shows twelve photos, sends what was picked.

/** Sends JSON; throws an Error with the server's own words where it refuses. */
export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server does not answer. Try again.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const refusal = new Error(answer.detail ?? `The server answers ${response.status}.`);
    refusal.status = response.status;
    throw refusal;
  }
  return answer;
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Cuts the sheet of a challenge into a canvas for each photo. */
async function cut({ sheet, columns, side_px }) {
  const picture = new Image();
  picture.src = sheet;
  try {
    await picture.decode();
  } catch {
    throw new Error("The photos did not come. Try again.");
  }
  const count = columns * Math.round(picture.naturalHeight / side_px);
  return Array.from({ length: count }, (_, index) => {
    const canvas = element("canvas", { width: side_px, height: side_px, role: "img", ariaLabel: `Photo ${index + 1} of ${count}` });
    const [x, y] = [index % columns, Math.floor(index / columns)].map((at) => at * side_px);
    canvas.getContext("2d").drawImage(picture, x, y, side_px, side_px, 0, 0, side_px, side_px);
    return canvas;
  });
}

export class Grid {
  /**
   * @param {HTMLElement} home where to show it
   * @param {{siteKey?: string, hostname?: string, path?: string, check?: string,
   *   onAnswer: (answer: object, grid: Grid) => void, extra?: () => object}} options
   */
  constructor(home, options) {
    this.options = { path: "/challenge/api/answers", check: "Check", ...options };
    this.count = element("p", { ariaLive: "polite" });
    this.grid = element("div", { className: "grid", role: "group" });
    this.grid.setAttribute("aria-labelledby", "ask");
    this.submit = element("button", { className: "main", type: "button", textContent: this.options.check });
    this.renew = element("button", { type: "button", textContent: "New challenge" });
    this.say = element("p", { className: "say", role: "status" });
    const ask = element("h2", { id: "ask", textContent: "Which of these are cats?" });
    home.replaceChildren(
      element("div", { className: "ask" }, ask, this.count),
      this.grid,
      element("div", { className: "deeds" }, this.submit, this.renew, this.say),
    );
    this.submit.addEventListener("click", () => this.answer());
    this.renew.addEventListener("click", () => this.show());
    this.grid.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Fetches a challenge and shows it; true if its photos are there. */
  async show({ focuses = true } = {}) {
    this.#setBusy(true);
    this.tell("");
    try {
      this.session ??= (await this.#begin()).session;
      this.shown = await post("/challenge/api/challenges", { session: this.session });
      this.photos = await cut(this.shown);
    } catch (error) {
      if (error.status === 410) this.session = undefined; // the next try begins a session
      this.tell(error.message, "bad");
      this.#setBusy(false);
      this.submit.disabled = true;
      return false;
    }
    this.tiles = this.photos.map((photo) => this.#tile(photo));
    this.grid.replaceChildren(...this.tiles);
    this.#tally();
    this.#setBusy(false);
    if (focuses) this.tiles[0].focus({ focusVisible: false });
    return true;
  }

  get picked() {
    return this.tiles.map((tile) => tile.getAttribute("aria-pressed") === "true");
  }

  async answer() {
    this.#setBusy(true);
    const { hostname = location.hostname, path, extra } = this.options;
    try {
      const body = { session: this.session, challenge: this.shown.challenge, picked: this.picked, hostname };
      this.options.onAnswer(await post(path, { ...body, ...extra?.() }), this);
    } catch (error) {
      this.tell(error.message, "bad");
      this.#setBusy(false);
      this.submit.disabled = error.status === 410;
    }
  }

  tell(text, kind = "") {
    this.say.className = `say ${kind}`;
    this.say.textContent = text;
  }

  #begin() {
    const { siteKey = "catordog", hostname = location.hostname } = this.options;
    return post("/challenge/api/sessions", { site_key: siteKey, hostname });
  }

  #tile(photo) {
    const tile = element("button", { type: "button", className: "tile" }, photo);
    tile.setAttribute("aria-pressed", "false");
    tile.addEventListener("click", () => {
      tile.setAttribute("aria-pressed", String(tile.getAttribute("aria-pressed") !== "true"));
      this.#tally();
    });
    return tile;
  }

  #tally() {
    const number = this.picked.filter(Boolean).length;
    this.count.textContent = number === 1 ? "1 picked" : `${number} picked`;
  }

  #setBusy(isBusy) {
    for (const button of [this.submit, this.renew, ...(this.tiles ?? [])]) button.disabled = isBusy;
  }

  #move(event) {
    const at = this.tiles.indexOf(document.activeElement);
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key];
    if (at < 0 || !step) return;
    event.preventDefault();
    this.tiles[at + step]?.focus({ focusVisible: true });
  }
}
