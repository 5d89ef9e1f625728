// Asirra's client interface, for pages written between 2007 and 2014: only the host changes.
var asirraState = (function () {
  var script = document.currentScript;
  var server = new URL(script.src).origin;
  var frame = document.createElement("iframe");
  frame.src = server + "/challenge/embed?sitekey=asirra";
  frame.title = "Challenge: pick all the cats";
  frame.style.cssText = "display:block;width:100%;max-width:46rem;height:26rem;border:0";
  var field = document.createElement("input");
  field.type = "hidden";
  field.name = field.id = "Asirra_Ticket";
  var waiting = null;
  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.origin !== server || !event.data) return;
    var said = event.data.catordog;
    if (said === "ready") frame.contentWindow.postMessage({ catordog: "hello" }, server);
    if (said && said.height) frame.style.height = Math.min(Math.max(said.height + 8, 120), 1200) + "px";
    if (said && typeof said.ticket === "string") {
      field.value = said.ticket;
      if (waiting && (said.ticket || said.failed)) {
        var callback = waiting;
        waiting = null;
        callback(said.ticket !== "");
      }
    }
  });
  script.after(frame, field);
  return {
    SetEnlargedPosition: function () {}, // photos are enlarged in their place
    SetCellsPerRow: function () {}, // as many as fit: six, or three on a phone
    check: function (callback) {
      if (field.value) return callback(true);
      waiting = callback;
      frame.contentWindow.postMessage({ catordog: "check" }, server);
    },
  };
})();

function Asirra_CheckIfHuman(callback) {
  asirraState.check(callback);
  return false;
}
