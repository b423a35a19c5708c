// This script keeps the page up to date with the simulated workspace and sends what the visitor does.
//
// Rule: the server draws the page, and this script only applies the differences. An unchanged element
// stays in place, so it keeps its focus, its scroll position and the text that the visitor has typed.
"use strict";
(() => {
  const app = document.getElementById("app");
  const stopped = document.getElementById("stopped");
  const all = (selector, within = app) => [...(within?.querySelectorAll(selector) ?? [])];
  let [revision, drawn, turn] = [app.dataset.revision, location.search, Promise.resolve()];
  let [dialogId, complaints, returnTo] = ["", "", null];
  let [step, about] = [undefined, undefined];
  let [boarded, wantedPage] = [undefined, ""];

  // The function makes `live` look like `next`. It matches children by id, and those without an id by position.
  function morph(live, next) {
    if (live.nodeType !== Node.ELEMENT_NODE) {
      if (live.nodeValue !== next.nodeValue) live.nodeValue = next.nodeValue;
      return;
    }
    for (const { name } of [...live.attributes]) {
      if (!next.hasAttribute(name) && name !== "aria-busy" && name !== "open") live.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) {
      if (live.getAttribute(name) !== value) live.setAttribute(name, value);
    }
    morphChildren(live, next);
  }

  function morphChildren(live, next) {
    const wanted = [...next.childNodes];
    const ids = new Set(wanted.map((node) => node.id));
    for (const child of [...live.children]) if (child.id && !ids.has(child.id)) child.remove();
    const known = new Map([...live.children].map((child) => [child.id, child]));
    wanted.forEach((node, i) => {
      const at = live.childNodes[i] ?? null;
      const same = node.id ? known.get(node.id) : at?.id ? null : at;
      if (same?.nodeName !== node.nodeName) return live.insertBefore(node, at);
      if (same !== at) live.insertBefore(same, at);
      morph(same, node);
    });
    while (live.childNodes.length > wanted.length) live.lastChild.remove();
  }

  function draw(html) {
    const atEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const read = new Set(all("[data-log]").filter((log) => !atEnd(log)).map((log) => log.id));
    const focused = document.activeElement;
    const inTour = Boolean(focused?.closest(".step"));
    const ticket = focused?.closest(".ticket")?.id;
    const next = Object.assign(document.createElement("template"), { innerHTML: html });
    morphChildren(app, next.content);
    for (const select of all("select[data-value]")) select.value = select.dataset.value;
    settle(read, focused);
    board(ticket);
    guide(inTour);
  }

  // A board that the visitor opens takes the focus, or the ticket does whose link led there. A button that is gone after
  // its press leaves the focus to its ticket.
  function board(ticket) {
    const open = document.getElementById("board")?.dataset.open;
    const lost = document.activeElement === document.body;
    const isPage = ({ dataset: { page } }) => wantedPage === page || wantedPage.startsWith(page + "/");
    const linked = wantedPage && all(".ticket").find(isPage);
    if (open && boarded === null) document.getElementById("board").scrollIntoView();
    if (linked) linked.focus();
    else if (open && boarded === null) document.getElementById("board-title").focus();
    else if (ticket && lost) (document.getElementById(ticket) ?? document.getElementById("board-title"))?.focus();
    else if (!open && boarded && lost) document.getElementById("board-link")?.focus();
    [boarded, wantedPage] = [open ?? null, ""];
  }

  // The message that the step of the tour, or a link, is about.
  const subject = () => all("#tour")[0]?.dataset.about ?? all(".page")[0]?.dataset.at ?? "";

  // A new step of the tour takes the focus. A button that is gone after its press leaves it to the next one. The log
  // scrolls to the message that the page is about.
  function guide(inTour) {
    const panel = document.getElementById("tour");
    const lost = document.activeElement === document.body;
    if (panel?.dataset.step !== step && step !== null) {
      document.getElementById(panel ? "tour-title" : "room-title")?.focus();
    } else if (inTour && lost) {
      (all(".step .button.primary")[0] ?? document.getElementById("tour-title"))?.focus();
    }
    step = panel?.dataset.step;
    const wanted = subject();
    if (wanted === about) return;
    about = wanted;
    const message = document.getElementById(wanted);
    const log = message?.closest("[data-log]");
    if (log) log.scrollTop = message.offsetTop - 8;
  }

  // A log that the visitor reads at its end scrolls to its new end. The focus moves to a new modal or to a
  // new error. When a modal closes, the focus returns to its earlier place.
  function settle(read, focused) {
    const wanted = document.getElementById(subject());
    for (const log of all("[data-log]")) {
      if (read.has(log.id)) continue;
      log.scrollTop = log.scrollHeight;
      if (wanted && log.contains(wanted) && wanted.offsetTop < log.scrollTop) log.scrollTop = wanted.offsetTop - 8;
    }
    const [dialog] = all("[role=dialog]");
    const id = dialog?.id ?? "";
    const errors = all(".error", dialog ?? null).map((error) => error.textContent).join();
    if (id !== dialogId) {
      if (!dialogId) returnTo = focused;
      const fields = all(".inside :is(input:not([type=hidden]), textarea, select, button)");
      const target = dialog ? (all(".inside [autofocus]")[0] ?? fields[0] ?? dialog) : returnTo;
      target?.focus();
    } else if (errors && errors !== complaints) {
      all("[aria-invalid]", dialog)[0]?.focus();
    }
    [dialogId, complaints] = [id, errors];
  }

  async function look() {
    const wish = location.search;
    const headers = wish === drawn ? { "x-revision": revision } : {};
    const answer = await fetch("/page/state" + wish, { headers }).catch(() => null);
    stopped.hidden = answer !== null;
    const html = answer?.status === 200 ? await answer.text() : null;
    if (html === null || wish !== location.search) return;
    [revision, drawn] = [answer.headers.get("x-revision"), wish];
    draw(html);
  }

  // Each look waits for the one before it, so an old answer cannot arrive after a newer one.
  const refresh = () => (turn = turn.then(look, look));

  function go(href) {
    history.pushState(null, "", href);
    refresh();
  }

  async function send(path, body, button) {
    if (button?.hasAttribute("aria-busy")) return false;
    button?.setAttribute("aria-busy", "true");
    body.delete("back");
    const answer = await fetch(path, { method: "POST", body }).catch(() => null);
    await refresh();
    button?.removeAttribute("aria-busy");
    return answer?.ok ?? false;
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post") return;
    event.preventDefault();
    const groups = form.matches(".submit") ? all(".dialog [data-required]") : [];
    const [box] = all("input", groups.find((group) => !group.querySelector(":checked")) ?? null);
    box?.setCustomValidity("Choose at least one.");
    if (box) return box.reportValidity();
    const question = form.dataset.confirm;
    if (question && !window.confirm(question)) return;
    const button = event.submitter ?? form.querySelector("button");
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.set(button.name, button.value);
    const [path, typed] = [form.getAttribute("action"), form.querySelector("textarea")];
    const goesTo = form.matches(".goes") ? body.get("back") : null;
    for (const menu of all("details.menu[open]")) menu.open = false;
    if (!form.matches(".composer")) {
      const [from, onTour] = [location.search, form.closest(".step")];
      await send(path, body, button);
      // The visitor may have gone on meanwhile. The thread that a step opens may exist only now.
      const place = onTour && document.getElementById("tour")?.dataset.place;
      if (goesTo && location.search === from) go(place ?? goesTo);
      return;
    }
    const text = typed.value;
    if (!text.trim()) return;
    typed.value = "";
    if (!(await send(path, body, button)) && !typed.value) typed.value = text;
    for (const log of all("[data-log]", form.parentElement)) log.scrollTop = log.scrollHeight;
  });

  document.addEventListener("change", ({ target }) => {
    const { form } = target;
    for (const box of all("input", target.closest("[data-required]"))) box.setCustomValidity("");
    if (form?.matches(".who")) return go("?" + new URLSearchParams(new FormData(form)));
    if (form?.matches(".press")) return form.requestSubmit();
    const spot = target.closest("[data-press]")?.dataset.press;
    if (!spot) return;
    const body = new URLSearchParams(JSON.parse(spot));
    for (const value of new FormData(form).getAll(target.name)) body.append("input", value);
    send("/page/press", body);
  });

  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    const link = event.target.closest("a");
    const archive = link?.pathname.match(/^\/archives\/(\w+)\/p(\d{10})(\d+)$/);
    if (archive && link.origin === location.origin) {
      // A link to a message keeps the person, and opens its thread.
      event.preventDefault();
      const to = new URLSearchParams(location.search);
      for (const key of ["thread", "tab"]) to.delete(key);
      to.set("in", archive[1]);
      to.set("at", `${archive[2]}.${archive[3]}`);
      go("/?" + to);
    } else if (link?.origin === location.origin && /^\/(jira|linear|github)\//.test(link.pathname)) {
      // A link to a ticket opens the board, and keeps the person.
      event.preventDefault();
      const to = new URLSearchParams(location.search);
      to.delete("thread");
      to.delete("at");
      to.set("board", "open");
      [wantedPage, drawn] = [link.pathname, ""];
      go("/?" + to);
    } else if (link?.matches(".press .button a")) {
      send("/page/press", new URLSearchParams(new FormData(link.closest("form"))));
    } else if (link?.matches(".go") && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      go(link.getAttribute("href"));
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches(".composer textarea") && !event.isComposing;
    const menu = event.key === "Escape" && all("details.menu[open]")[0];
    if (menu) {
      menu.open = false;
      return menu.querySelector("summary").focus();
    }
    if (event.key === "Escape") document.getElementById("dismiss-form")?.requestSubmit();
    if (event.key !== "Enter" || event.shiftKey || !typing) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  async function poll() {
    if (!document.hidden) await refresh();
    setTimeout(poll, 700);
  }
  addEventListener("popstate", refresh);
  settle(new Set(), null);
  board();
  step = null;
  guide(false);
  poll();
})();
