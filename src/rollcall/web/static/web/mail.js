// Gives the frame of a mail the height of the mail, so that nothing scrolls inside the page.
for (const frame of document.querySelectorAll("iframe.mail-frame")) {
  const fit = () => {
    const page = frame.contentDocument?.body;
    if (!page) return;
    const border = frame.offsetHeight - frame.clientHeight;
    frame.style.blockSize = `${Math.ceil(page.getBoundingClientRect().height) + border}px`;
  };
  frame.addEventListener("load", fit);
  new ResizeObserver(fit).observe(frame);
  fit();
}
