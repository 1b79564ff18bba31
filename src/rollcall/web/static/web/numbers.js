// Numbers beside the button are always those of the form as it stands: an older choice's are hidden at the change,
// and an answer that comes after another change is thrown away.
(() => {
  "use strict";
  let state = 0;
  const told = () => document.getElementById("told");
  const failed = (is) => {
    const place = document.getElementById("not-counted");
    if (place) place.hidden = !is;
  };
  document.addEventListener("change", (event) => {
    if (!event.target.closest("#configure")) return;
    state += 1;
    told()?.setAttribute("aria-busy", "true");
    failed(false);
  });
  // A new form brings its own numbers.
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.target.id === "configure") state += 1; });

  const asked = new WeakMap();
  document.addEventListener("htmx:beforeRequest", (event) => {
    const asks = event.detail.elt;
    if (!asks.closest("#told")) return;
    if (!asked.has(asks)) {
      // Heard by the element itself: it may be gone from the page when the answer comes.
      asks.addEventListener("htmx:beforeOnLoad", (answer) => {
        if (asked.get(asks) !== state) answer.preventDefault();
      });
    }
    asked.set(asks, state);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "matching") told()?.removeAttribute("aria-busy");
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.elt.closest("#told") && asked.get(event.detail.elt) === state) failed(true);
    });
  }
})();
