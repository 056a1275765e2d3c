/* The front-office works without this. With it: links that a program asked for sign in at once, what is typed
   is kept on this device, forms cannot be sent twice, times are the reader's own, and waiting goes by itself. */
(function () {
  "use strict";
  var all = function (query, root) { return Array.prototype.slice.call((root || document).querySelectorAll(query)); };

  /* Times in the reader's zone and language. */
  var lang = document.documentElement.lang || "en";
  all("time[data-when]").forEach(function (node) {
    var at = new Date(node.getAttribute("datetime")), now = new Date();
    if (isNaN(at) || !window.Intl || !Intl.RelativeTimeFormat) return;
    var midnight = function (d) { return new Date(d.getFullYear(), d.getMonth(), d.getDate()); };
    var days = Math.round((midnight(at) - midnight(now)) / 864e5);
    var clock = at.toLocaleTimeString(lang, { hour: "numeric", minute: "2-digit", hourCycle: "h23" });
    var day = Math.abs(days) < 2 ? new Intl.RelativeTimeFormat(lang, { numeric: "auto" }).format(days, "day")
      : Math.abs(days) < 6 ? at.toLocaleDateString(lang, { weekday: "long" })
      : at.toLocaleDateString(lang, { day: "numeric", month: "short", year: at.getFullYear() === now.getFullYear() ? undefined : "numeric" });
    node.textContent = day + ", " + clock;
    node.title = at.toLocaleString(lang, { dateStyle: "full", timeStyle: "short" });
  });
  all("[data-morning]").forEach(function (node) {
    var hour = new Date().getHours();
    node.textContent = node.dataset[hour < 5 || hour > 17 ? "evening" : hour < 12 ? "morning" : "afternoon"];
  });

  /* A link that a program asked for: on at once. */
  var entering = document.querySelector("form[data-at-once]");
  if (entering) entering.submit();

  /* All done: on to where the person came from. */
  var onward = document.querySelector("a[data-onward]");
  if (onward) setTimeout(function () { location.replace(onward.href); }, 600);

  /* One moment: ask again until there is somewhere to go. */
  if (document.querySelector("[data-wait]")) {
    var asked = 0;
    var ask = function () {
      asked += 1;
      fetch(location.href, { redirect: "manual", credentials: "same-origin", cache: "no-store" }).then(function (answer) {
        if (answer.type === "opaqueredirect" || !answer.ok) location.replace(location.href);
        else setTimeout(ask, asked < 20 ? 700 : 4000);
      }, function () { setTimeout(ask, 4000); });
      if (asked === 12) all("[data-longer]").forEach(function (node) { node.hidden = false; });
    };
    setTimeout(ask, 500);
  }

  /* Pressed once is enough. */
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    all("button", form).concat(form.id ? all('button[form="' + form.id + '"]') : []).forEach(function (button) {
      button.setAttribute("aria-disabled", "true");
    });
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) return;
    all("form").forEach(function (form) { delete form.dataset.sent; });
    all('button[aria-disabled]').forEach(function (button) { button.removeAttribute("aria-disabled"); });
  });

  /* What is typed is kept on this device until it is sent. */
  var form = document.querySelector("form[data-draft]"), store = null;
  try { store = window.localStorage; } catch (error) { store = null; }
  if (form && store) {
    var key = "kohomai:" + form.dataset.draft, saved = document.querySelector("[data-saved]");
    var skip = { csrfmiddlewaretoken: 1 };
    var boxes = function () {
      return all("input, textarea, select", form).filter(function (box) {
        return box.name && !skip[box.name] && box.type !== "hidden" && box.type !== "checkbox";
      });
    };
    var keep = function () {
      var typed = {};
      boxes().forEach(function (box) {
        if (box.type === "radio") { if (box.checked) typed[box.name] = box.value; } else typed[box.name] = box.value;
      });
      try { store.setItem(key, JSON.stringify({ at: Date.now(), typed: typed })); if (saved) saved.hidden = false; } catch (error) { /* full, or not allowed: nothing is lost that was not there before */ }
    };
    if (form.dataset.fresh) {
      try {
        var kept = JSON.parse(store.getItem(key) || "null");
        if (kept && Date.now() - kept.at < 7 * 864e5) {
          boxes().forEach(function (box) {
            if (!(box.name in kept.typed)) return;
            if (box.type === "radio") box.checked = box.value === kept.typed[box.name]; else box.value = kept.typed[box.name];
          });
          if (saved) saved.hidden = false;
        }
      } catch (error) { store.removeItem(key); }
    }
    var timer = 0;
    form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(keep, 300); });
    form.addEventListener("change", keep);
    window.addEventListener("pagehide", function () { if (timer && !form.dataset.sent) keep(); });
  }
  all("[data-done]").forEach(function (node) { if (store) store.removeItem("kohomai:" + node.dataset.done); });
  if (document.querySelector("[data-forget]") && store) {
    Object.keys(store).forEach(function (name) { if (name.indexOf("kohomai:") === 0) store.removeItem(name); });
  }

  /* The summary of what needs another look is read first. */
  var summary = document.querySelector("[data-summary]");
  if (summary) summary.focus();

  /* The menu closes by Escape and by a press beside it. */
  all("details.me").forEach(function (menu) {
    document.addEventListener("click", function (event) { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    });
  });
})();
