// Times are written in the entity's zone. Where the reader's clock shows another one, theirs is added behind it.
(() => {
  "use strict";
  const written = /T\d\d:\d\d\S*?([+-])(\d\d):(\d\d)$/;

  const add = (time) => {
    const zone = written.exec(time.dateTime);
    if (!zone || time.dataset.own || !/\d\d:\d\d/.test(time.textContent)) return;
    const moment = new Date(time.dateTime);
    const there = (zone[1] === "+" ? 1 : -1) * (Number(zone[2]) * 60 + Number(zone[3]));
    if (Number.isNaN(moment.getTime()) || there === -moment.getTimezoneOffset()) return;
    const language = document.documentElement.lang;
    const day = moment.toLocaleDateString(language) === wallDay(moment, there, language) ? {} : { day: "numeric", month: "short" };
    const own = moment.toLocaleString(language, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    time.dataset.own = own;
    time.append(` (${document.body.dataset.here.replace("{time}", own)})`);
  };

  // The day on the entity's calendar.
  const wallDay = (moment, offset, language) =>
    new Date(moment.getTime() + offset * 60_000).toLocaleDateString(language, { timeZone: "UTC" });

  const all = (root) => root.querySelectorAll("time[datetime]").forEach(add);
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:load", (event) => all(event.target));
})();
