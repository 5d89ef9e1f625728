// <script src="https://SERVER/challenge/widget.js" data-sitekey="KEY" async defer></script> in a form
// shows the challenge there, and puts the ticket into a hidden field named catordog-response.
(() => {
  const script = document.currentScript;
  const server = new URL(script.src).origin;
  const place = () => {
    const frame = document.createElement("iframe");
    frame.src = `${server}/challenge/embed?sitekey=${encodeURIComponent(script.dataset.sitekey ?? "catordog")}`;
    frame.title = "Challenge: pick all the cats";
    frame.style.cssText = "display:block;width:100%;max-width:46rem;height:26rem;border:0;color-scheme:auto";
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: script.dataset.field ?? "catordog-response" });
    addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow || event.origin !== server) return;
      const said = event.data?.catordog;
      if (said === "ready") frame.contentWindow.postMessage({ catordog: "hello" }, server);
      if (said?.height) frame.style.height = `${Math.min(Math.max(said.height + 8, 120), 1200)}px`;
      if (typeof said?.ticket === "string") {
        field.value = said.ticket;
        script.dispatchEvent(new CustomEvent("catordog", { bubbles: true, detail: { passed: said.ticket !== "" } }));
      }
    });
    script.after(frame, field);
  };
  place();
})();
