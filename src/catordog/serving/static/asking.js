// Asks the server, a few photos at a time, and waits where it says it is busy.

const AT_ONCE = 3;
const MAX_TRIES = 8;

let key = "";
let asking = 0;
const waiting = [];

/** Sets the key that every request shows from now on. */
export function useKey(value) {
  key = value;
}

/** A refusal: its status, and in words why. */
export class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function request(path, options = {}) {
  const headers = key ? { Authorization: `Bearer ${key}` } : {};
  let response;
  try {
    response = await fetch(path, { ...options, headers, cache: "no-store" });
  } catch {
    throw new Refusal(0, "The server cannot be reached. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const refusal = new Refusal(response.status, body.detail ?? `The server says ${response.status}.`);
  refusal.retryAfterS = Number(response.headers.get("Retry-After")) || 1;
  throw refusal;
}

async function persist(path, options) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await request(path, options);
    } catch (refusal) {
      if (refusal.status !== 503 || tries === MAX_TRIES) throw refusal;
      await new Promise((done) => setTimeout(done, 1000 * refusal.retryAfterS));
    }
  }
}

/** Returns what the server says of its model. */
export async function askModel() {
  return (await persist("/v1/models")).models[0];
}

/** Asks about one photo; resolves to the API's item for it. */
export async function askPhoto(file, { explain = false } = {}) {
  if (asking >= AT_ONCE) await new Promise((go) => waiting.push(go));
  asking += 1;
  try {
    const form = new FormData();
    form.append("photos", file, "photo"); // its name is nobody's business
    if (explain) form.append("explain", "true");
    return (await persist("/v1/predict", { method: "POST", body: form })).answers[0];
  } finally {
    asking -= 1;
    waiting.shift()?.();
  }
}
