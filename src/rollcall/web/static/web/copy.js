// Copies a field's text: <button data-copy="id of the field" hidden> with two spans, its word and the word afterwards.
// Without this file the button stays hidden, and the field is copied by hand.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const [before, after] = button.querySelectorAll("span");
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Browsers keep the clipboard from pages without https; the older way still works there.
      if (!document.execCommand("copy")) return;
    }
    before.hidden = true;
    after.hidden = false;
    const status = button.closest(".field").querySelector("[data-copied]");
    if (status) status.textContent = after.textContent;
  });
}
