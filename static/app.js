// Behaviours bound by data- attributes. Every page works without them; nothing here builds markup from text.

const each = (selector, act, root = document) => root.querySelectorAll(selector).forEach(act);

// make returns an element with properties and children; text never becomes markup.
function make(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

// say tells screen readers, through the live region of the layout.
function say(text) {
  const region = document.querySelector("[data-live]");
  if (region) region.textContent = text;
}

// data-theme-switch holds a button for each theme. The choice is kept in a cookie, which the server writes into the next page.
function bindThemes() {
  const root = document.documentElement;
  const show = () => each("[data-theme-choice]", (button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === (root.dataset.theme ?? "")));
  });
  const choose = (theme) => {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax${secure}`;
    show();
  };
  each("[data-theme-switch]", (group) => { group.hidden = false; });
  each("[data-theme-choice]", (button) => button.addEventListener("click", () => choose(button.dataset.themeChoice)));
  show();
}

// data-copy="ID" copies the text of that element.
function bindCopies() {
  each("[data-copy]", (button) => {
    const source = document.getElementById(button.dataset.copy);
    const label = button.querySelector("[data-label]") ?? button;
    const rest = label.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const copied = await copy(source);
      label.textContent = copied ? "Copied" : "Press Ctrl+C";
      button.classList.toggle("is-done", copied);
      say(copied ? `${source.dataset.name ?? "Text"} copied` : "The text is selected. Press Ctrl+C to copy it.");
      if (copied && source.matches("[data-secret]")) source.dataset.secret = "copied";
      setTimeout(() => { label.textContent = rest; button.classList.remove("is-done"); }, 2500);
    });
  });
}

// Browsers hand out the clipboard over https and on the machine itself; elsewhere the text is selected and copied the old way.
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

// data-secret marks text that is shown only once: leaving before all of it was copied is confirmed by the browser. Text that was
// selected and copied by hand counts.
function bindSecrets() {
  const open = () => document.querySelector('[data-secret]:not([data-secret="copied"])');
  if (!open()) return;
  document.addEventListener("copy", () => {
    each("[data-secret]", (secret) => { if (getSelection().containsNode(secret, true)) secret.dataset.secret = "copied"; });
  });
  addEventListener("beforeunload", (event) => { if (open()) event.preventDefault(); });
}

// data-submit-on-change submits the form of a filter; empty fields stay out of the address.
function bindFilters() {
  each("[data-submit-on-change]", (field) => field.addEventListener("change", () => field.form.requestSubmit()));
  each("form[data-filters]", (form) => form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
  }));
  addEventListener("pageshow", () => each("form[data-filters] :disabled", (field) => { field.disabled = false; }));
}

// data-ticked: the form can be sent once its box confirm is ticked.
function bindTicks() {
  each("form[data-ticked]", (form) => {
    const box = form.elements.confirm;
    if (!box) return;
    const follow = () => each('[type="submit"]', (button) => { button.disabled = !box.checked; }, form);
    box.addEventListener("change", follow);
    addEventListener("pageshow", follow);
    follow();
  });
}

// data-select-all ticks every data-select of its table; data-selected are the buttons that act on them, and say how many.
function bindSelections() {
  each("[data-selection]", (area) => {
    const all = area.querySelector("[data-select-all]");
    const buttons = [...area.querySelectorAll("[data-selected]")].map((button) => {
      const label = button.querySelector("[data-label]") ?? button;
      return { button, label, rest: label.textContent };
    });
    const boxes = [...area.querySelectorAll("[data-select]")];
    if (!all || boxes.length === 0) return;
    const count = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
      for (const { button, label, rest } of buttons) {
        label.textContent = ticked ? `${rest} (${ticked})` : rest;
        button.disabled = ticked === 0;
      }
    };
    all.hidden = false;
    all.addEventListener("change", () => { boxes.forEach((box) => { box.checked = all.checked; }); count(); });
    boxes.forEach((box) => box.addEventListener("change", count));
    addEventListener("pageshow", count);
    count();
  });
}

// data-confirm="question" asks before a form is sent. Without a script the form is sent at once, so it stands only where the
// change can be undone or another page asks.
function bindConfirmations() {
  each("form[data-confirm]", (form) => form.addEventListener("submit", async (event) => {
    if (form.dataset.confirmed) return;
    event.preventDefault();
    if (!await ask(form.dataset.confirm, event.submitter?.textContent.trim() || "Continue")) return;
    form.dataset.confirmed = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.confirmed;
  }));
}

// ask opens a modal dialog; the browser keeps the focus in it and gives it back.
function ask(question, yes) {
  return new Promise((resolve) => {
    const cancel = make("button", { className: "button", type: "submit", value: "no", autofocus: true }, "Cancel");
    const accept = make("button", { className: "button button-danger", type: "submit", value: "yes" }, yes);
    const text = make("p", { id: "dialog-text" }, question);
    const dialog = make("dialog", { className: "dialog" },
      make("form", { method: "dialog" }, text, make("div", { className: "actions" }, cancel, accept)));
    dialog.setAttribute("aria-labelledby", text.id);
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

// data-relative keeps the words of a <time> true while the page stays open. The server wrote the same words first.
const day = 86400;
const steps = [[60, 60, "minute"], [3600, 24, "hour"], [day, 31, "day"], [365 * day / 12, 12, "month"], [365 * day, Infinity, "year"]];

function words(then, now) {
  const seconds = (then - now) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 60) return seconds > 0 ? "in a moment" : "just now";
  const [length, , unit] = steps.find(([length, below]) => Math.round(distance / length) < below);
  const count = Math.round(distance / length);
  if (unit === "day" && count === 1) return seconds > 0 ? "tomorrow" : "yesterday";
  if (unit === "year" && count > 10) return seconds > 0 ? `in the year ${then.getUTCFullYear()}` : `in ${then.getUTCFullYear()}`;
  const amount = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${amount}` : `${amount} ago`;
}

function bindTimes() {
  const refresh = () => each("time[data-relative]", (time) => {
    const text = words(new Date(time.dateTime), new Date());
    if (time.textContent !== text) time.textContent = text;
  });
  setInterval(refresh, 30000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}

// The menu of narrow screens closes with Escape and by a click elsewhere.
function bindMenus() {
  const close = (menu) => { menu.open = false; };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    each("details[data-menu][open]", (menu) => { close(menu); menu.querySelector("summary").focus(); });
  });
  document.addEventListener("click", (event) => each("details[data-menu][open]", (menu) => { if (!menu.contains(event.target)) close(menu); }));
}

// data-fragment="NAME" takes its value from #NAME=… of the address, which browsers never send, and drops it from the address.
function bindFragments() {
  const fill = () => each("[data-fragment]", (input) => {
    const value = new URLSearchParams(location.hash.slice(1)).get(input.dataset.fragment);
    if (!value) return;
    input.value = value;
    history.replaceState(null, "", location.pathname + location.search);
  });
  addEventListener("hashchange", fill);
  fill();
}

// data-submit-at-once presses the form's button: a page that only hands something on.
function bindHandovers() {
  each("form[data-submit-at-once]", (form) => form.requestSubmit());
}

// data-progress stands for work that goes on in the server: main is asked for again until it holds none. What changed is said.
function bindProgress() {
  const look = async () => {
    const shown = document.querySelector("[data-progress]");
    if (!shown) return;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.reload(); // signed out meanwhile
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-progress]");
      if (now) shown.replaceWith(now);
      else if (answer.ok) {
        document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
        return say("The task has ended.");
      }
    } catch { /* the server is out of reach: perhaps not for long */ }
    setTimeout(look, document.hidden ? 15000 : 2000);
  };
  setTimeout(look, 2000);
}

bindThemes();
bindFragments();
bindCopies();
bindSecrets();
bindFilters();
bindTicks();
bindSelections();
bindConfirmations();
bindTimes();
bindMenus();
bindHandovers();
bindProgress();
