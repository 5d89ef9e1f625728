// The server's own challenge page.
import { Grid, element } from "./grid.js";

const home = document.getElementById("challenge");
const grid = new Grid(home, {
  async onAnswer(answer) {
    home.querySelector(".ticket")?.remove();
    if (!answer.passed) {
      await grid.show();
      grid.tell("Not this time. Here are twelve others.", "bad");
      return;
    }
    grid.tell("Right, all twelve.", "good");
    grid.renew.disabled = false;
    grid.renew.focus();
    const ticket = element("p", { className: "ticket", tabIndex: 0, textContent: `Ticket: ${answer.ticket}` });
    home.append(ticket);
  },
});
grid.renew.addEventListener("click", () => home.querySelector(".ticket")?.remove());
grid.show({ focuses: false });
