// The shareable picture of a round: 1200 x 630, as links to pages show.

export function headline(round) {
  const [you, model] = [round.you, round.model];
  if (you.wrong < model.wrong) return "You win: the machine missed what you saw.";
  if (you.wrong > model.wrong) return "The machine wins this one.";
  const faster = you.took_ms / model.took_ms;
  const times = faster >= 10 ? Math.round(faster) : faster.toFixed(1);
  return faster > 1 ? `A draw on photos. The machine was ${times} times as fast.` : "A draw on photos, and you were faster!";
}

export function draw(canvas, round, photos) {
  const context = canvas.getContext("2d");
  const colours = { paper: "#f5f3ee", ink: "#20272a", soft: "#566064", you: "#a94c07", model: "#1c5c9f" };
  const font = (size, weight = 400) => { context.font = `${weight} ${size}px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif`; };
  const write = (text, x, y, colour) => { context.fillStyle = colour; context.fillText(text, x, y); };
  context.fillStyle = colours.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  font(44, 700);
  fit(context, headline(round), 1090, 44, font);
  write(headline(round), 55, 92, colours.ink);
  const side = 172, gap = 12;
  photos.forEach((photo, index) => {
    const x = 55 + (index % 6) * (side + gap), y = 125 + Math.floor(index / 6) * (side + gap);
    context.save();
    context.beginPath();
    context.roundRect(x, y, side, side, 14);
    context.clip();
    context.drawImage(photo, x, y, side, side);
    context.restore();
    ["you", "model"].forEach((who, row) => {
      if (round[who].picked[index] === round.cats[index]) return;
      const name = who === "you" ? "human" : "machine";
      font(19, 600);
      context.fillStyle = colours[who];
      context.beginPath();
      context.roundRect(x + 8, y + 8 + row * 40, context.measureText(name).width + 24, 32, 16);
      context.fill();
      write(name, x + 20, y + 30 + row * 40, "#ffffff");
    });
  });
  [["you", "Human", 55], ["model", "Machine", 610]].forEach(([who, name, x]) => {
    const player = round[who];
    font(30, 700);
    write(name, x, 548, colours[who]);
    const after = x + context.measureText(name).width + 18;
    font(30, 400);
    write(`${12 - player.wrong} of 12 right in ${(player.took_ms / 1000).toFixed(player.took_ms < 950 ? 2 : 1)} s`, after, 548, colours.ink);
  });
  font(22);
  write("Pick all the cats. Labels mark who missed which photo.", 55, 597, colours.soft);
  font(22, 650);
  write("catordog", 1050, 597, colours.ink);
}

function fit(context, text, width, size, font) {
  while (context.measureText(text).width > width && size > 20) font((size -= 2), 700);
}
