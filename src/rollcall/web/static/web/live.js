// Pages that follow work: say that the connection was lost, say progress aloud now and then, never send a form twice.
//
//   data-live          what htmx fetches again and again; inside it:
//   data-lost          shown while no answer comes; hidden again with the next answer
//   data-say="text"    said to screen readers whenever it differs from what was said last
//   data-once          a form: a second click while the first is on its way does nothing
(() => {
  "use strict";
  const lost = (event, is) => {
    const place = event.target.closest?.("[data-live]") ?? document.querySelector("[data-live]");
    place?.querySelectorAll("[data-lost]").forEach((part) => { part.hidden = !is; });
  };
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => lost(event, true));
  }
  document.addEventListener("htmx:afterOnLoad", (event) => lost(event, false));

  // A region that stays: what is swapped in would be read out as a whole each time.
  const region = document.createElement("div");
  region.className = "sr-only";
  region.setAttribute("role", "status");
  const say = () => {
    const said = document.querySelector("[data-say]")?.dataset.say ?? "";
    if (said && said !== region.textContent) region.textContent = said;
  };
  document.addEventListener("DOMContentLoaded", () => { document.body.append(region); setTimeout(say, 300); });
  document.addEventListener("htmx:afterSettle", say);

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-once]");
    if (!form) return;
    if (form.dataset.sent) event.preventDefault();
    else form.dataset.sent = "1";
  });
  // Back to a page that the browser had kept: it may show a choice that was made meanwhile.
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
})();
