// Gives the frame of a mail the height of the mail, so that nothing scrolls inside the page.
for (const frame of document.querySelectorAll("iframe.mail-frame")) {
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (page) frame.height = Math.ceil(page.querySelector("body").getBoundingClientRect().height);
  };
  frame.addEventListener("load", fit);
  new ResizeObserver(fit).observe(frame);
  fit();
}
