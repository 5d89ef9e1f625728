// Shows a photo's thumbnail when its point on the map is pointed at, tapped or reached by key.
(() => {
  "use strict";
  const map = document.querySelector(".map");
  if (!map) return;
  const svg = map.querySelector("svg");
  const ring = map.querySelector(".ring");
  const tip = map.querySelector(".tip");
  const shot = map.querySelector(".shot");
  const what = map.querySelector(".what");
  const points = [...svg.querySelectorAll("circle[data-name]")].map((circle) => ({
    x: circle.cx.baseVal.value,
    y: circle.cy.baseVal.value,
    name: circle.dataset.name,
    label: circle.getAttribute("class"),
  }));
  const sheetTile = Number(map.dataset.tile);
  const columns = Number(map.dataset.columns);
  const shownPx = 120;
  let current = -1;
  document.querySelectorAll(".scripted").forEach((element) => { element.hidden = false; });
  shot.style.backgroundSize = `${columns * shownPx}px auto`;

  const scale = () => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;

  function show(index) {
    current = index;
    const point = points[index];
    ring.setAttribute("cx", point.x);
    ring.setAttribute("cy", point.y);
    shot.style.backgroundPosition =
      `-${(index % columns) * shownPx}px -${Math.floor(index / columns) * shownPx}px`;
    what.textContent = `${point.label}: ${point.name}`;
    tip.hidden = false;
    const left = point.x * scale();
    const top = point.y * scale();
    const width = map.clientWidth;
    tip.style.left = `${left + 14 + tip.offsetWidth < width ? left + 14 : Math.max(0, left - 14 - tip.offsetWidth)}px`;
    tip.style.top = `${Math.max(0, Math.min(top - 20, map.clientHeight - tip.offsetHeight))}px`;
  }

  function hide() {
    tip.hidden = true;
    ring.setAttribute("cx", -99);
    ring.setAttribute("cy", -99);
  }

  function nearest(cost) {
    let best = -1;
    let least = Infinity;
    points.forEach((point, index) => {
      const value = cost(point, index);
      if (value < least) { least = value; best = index; }
    });
    return best;
  }

  function pointAt(event) {
    const box = svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / scale();
    const y = (event.clientY - box.top) / scale();
    const reach = 24 / scale();
    const found = nearest((point) => Math.hypot(point.x - x, point.y - y));
    if (found >= 0 && Math.hypot(points[found].x - x, points[found].y - y) <= reach) show(found);
    else hide();
  }

  const directions = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function step([right, down]) {
    const from = points[current];
    return nearest((point, index) => {
      const x = point.x - from.x;
      const y = point.y - from.y;
      const ahead = x * right + y * down;
      return index === current || ahead <= 0 ? Infinity : ahead + 3 * Math.abs(x * down - y * right);
    });
  }

  svg.addEventListener("pointermove", pointAt);
  svg.addEventListener("pointerdown", pointAt);
  map.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hide(); });
  map.addEventListener("focus", () => { if (map.matches(":focus-visible") && points.length) show(Math.max(0, current)); });
  map.addEventListener("blur", hide);
  map.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    if (!(event.key in directions) || !points.length) return undefined;
    event.preventDefault();
    if (current < 0) return show(0);
    const next = step(directions[event.key]);
    return next >= 0 ? show(next) : show(current);
  });
})();
