// Says in words what went wrong with a passkey; allauth's script would only write it to the console.
(() => {
  const told = document.querySelector("[data-passkey-told]");
  if (!told) return;
  const say = (name) => {
    const wanted = told.querySelector(`[data-passkey="${name}"]`) ?? told.querySelector('[data-passkey="other"]');
    for (const one of told.querySelectorAll("[data-passkey]")) one.hidden = one !== wanted;
    told.hidden = false;
  };
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    say(window.PublicKeyCredential ? event.detail.exception.name : "unable");
  });
})();
