// Chooses everybody on this page of the list. Without script, members are chosen one by one.
(() => {
  const all = document.getElementById("pick-all");
  if (!all) return;
  const page = document.getElementById("pick-page");
  const boxes = [...document.querySelectorAll('.selectable input[name="member"]')];
  const look = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    all.checked = chosen === boxes.length;
    all.indeterminate = chosen > 0 && !all.checked;
    page.hidden = all.checked;
  };
  const choose = (wanted) => {
    for (const box of boxes) box.checked = wanted;
    look();
  };
  all.hidden = false;
  all.addEventListener("change", () => choose(all.checked));
  page.addEventListener("click", () => choose(true));
  document.addEventListener("change", look);
  // A page that the browser brings back from its memory has its ticks already.
  window.addEventListener("pageshow", look);
})();
