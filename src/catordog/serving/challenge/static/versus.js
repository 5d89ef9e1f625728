// Human against machine: a clock, twelve photos, and the truth.
import { Grid, element } from "./grid.js";
import { draw, headline } from "./picture.js";

const at = (id) => document.getElementById(id);
const mine = JSON.parse(sessionStorage.getItem("versus") ?? "null") ?? { rounds: 0, passed: 0, photos: 0, wrong: 0, took_ms: 0 };
let began, ticking, latest;

const grid = new Grid(at("challenge"), {
  siteKey: "versus",
  path: "/versus/api/answers",
  check: "Done",
  extra: () => ({ took_ms: stop() }),
  onAnswer: reveal,
});
grid.renew.hidden = true;
at("start").addEventListener("click", start);
at("again").addEventListener("click", start);
at("share").addEventListener("click", share);
fetch("/versus/api/tallies").then((answer) => answer.json()).then(showOdds).catch(() => {});

async function start() {
  at("result").hidden = at("start-row").hidden = true;
  at("challenge").hidden = at("clock").hidden = false;
  at("clock").textContent = "0.0";
  if (!(await grid.show())) {
    grid.renew.hidden = false;
    return;
  }
  began = performance.now();
  clearInterval(ticking);
  ticking = setInterval(() => { at("clock").textContent = ((performance.now() - began) / 1000).toFixed(1); }, 100);
  at("challenge").scrollIntoView({ block: "nearest" });
}

function stop() {
  clearInterval(ticking);
  return performance.now() - began;
}

function reveal(round) {
  latest = round;
  const { photos } = grid;
  at("challenge").hidden = at("clock").hidden = true;
  at("result").hidden = false;
  at("headline").textContent = headline(round);
  for (const who of ["you", "model"]) {
    const player = round[who];
    at(who).querySelector(".score").replaceChildren(`${12 - player.wrong}`, element("small", { textContent: " of 12" }));
    at(who).querySelector(".time").textContent = `${seconds(player.took_ms)} s`;
  }
  at("reveal").replaceChildren(...photos.map((photo, index) => describe(photo, index, round)));
  mine.rounds += 1;
  mine.passed += Number(round.you.passed);
  mine.photos += 12;
  mine.wrong += round.you.wrong;
  mine.took_ms += round.you.took_ms;
  sessionStorage.setItem("versus", JSON.stringify(mine));
  showOdds(round.tallies);
  draw(at("picture"), round, photos);
  at("result").focus();
  at("result").scrollIntoView({ block: "start" });
}

function describe(photo, index, round) {
  const isCat = round.cats[index];
  photo.ariaLabel = `Photo ${index + 1}`;
  const item = element("li", {}, photo, element("p", { className: "is", textContent: isCat ? "A cat" : "A dog" }));
  const p = round.p_cat[index];
  if (p !== null) {
    const share = p / (p + round.p_dog[index]);
    item.append(element("p", { className: "p", textContent: `Model: ${(100 * share).toFixed(1)} % cat` }));
  }
  for (const [who, words] of [["you", "You missed"], ["model", "Model missed"]]) {
    if (round[who].picked[index] !== isCat) item.append(element("span", { className: `mistake by-${who}`, textContent: words }));
  }
  return item;
}

function showOdds(tallies) {
  for (const [id, tally] of [["odds-you", mine], ["odds-people", tallies.people], ["odds-model", tallies.model]]) {
    const cells = tally.rounds
      ? [tally.rounds, percent(tally.passed / tally.rounds), percent(1 - tally.wrong / tally.photos), seconds(tally.took_ms / tally.rounds)]
      : ["0", "", "", ""];
    at(id).replaceChildren(at(id).firstElementChild, ...cells.map((text) => element("td", { textContent: text })));
  }
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function seconds(ms) {
  return ms < 950 ? (ms / 1000).toFixed(2) : (ms / 1000).toFixed(1);
}

async function share() {
  const blob = await new Promise((done) => at("picture").toBlob(done, "image/png"));
  const file = new File([blob], "human-against-machine.png", { type: "image/png" });
  if (navigator.canShare?.({ files: [file] })) {
    await navigator.share({ files: [file], title: headline(latest) }).catch(() => {});
    return;
  }
  const link = element("a", { href: URL.createObjectURL(blob), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
