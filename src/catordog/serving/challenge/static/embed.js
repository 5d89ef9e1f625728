// The challenge in another site's form. It talks to that page alone: whoever said hello.
import { Grid } from "./grid.js";

const siteKey = new URLSearchParams(location.search).get("sitekey") ?? "";
const isOriginal = siteKey === "asirra";
let grid, origin, asked;

function send(message) {
  parent.postMessage({ catordog: message }, origin);
}

addEventListener("message", (event) => {
  if (event.source !== parent || !event.data?.catordog) return;
  if (event.data.catordog === "hello" && !grid) {
    origin = event.origin; // the browser's word, not the page's
    begin(event.origin === "null" ? "" : new URL(event.origin).hostname);
  } else if (event.data.catordog === "check" && event.origin === origin) {
    asked = true;
    grid.submit.click();
  }
});
if (parent !== window) parent.postMessage({ catordog: "ready" }, "*"); // says nothing but that

function begin(hostname) {
  grid = new Grid(document.getElementById("challenge"), {
    siteKey,
    hostname,
    async onAnswer(answer) {
      if (answer.passed) {
        grid.tell("Right, all twelve.", "good");
        grid.renew.disabled = false;
        send({ ticket: isOriginal ? `3;${grid.session};${answer.ticket}` : answer.ticket });
      } else {
        send({ ticket: "", failed: true });
        await grid.show({ focuses: !asked });
        grid.tell("Not this time. Here are twelve others.", "bad");
      }
      asked = false;
    },
  });
  grid.renew.addEventListener("click", () => send({ ticket: "" }));
  grid.show({ focuses: false });
  new ResizeObserver(() => send({ height: Math.ceil(document.getElementById("main").getBoundingClientRect().height) })).observe(document.getElementById("main"));
}
