// A report that waits on this phone, in words: its times in the zone in which it was begun, which is this phone's own
// unless it has travelled since; its answers as the form has them.
// Needs base.js. Every word stands in the page of the reports (templates/report/phone.xhtml); this knows no other page.
var reading = (() => {
  "use strict";
  const { all, one, attribute } = base, main = one("#main");
  const lang = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  const { BEGAN, MINUTES, NOT_CALLED, OTHER, ZONE } = shared.phone, own = base.zone();
  /** @type {Record<string, HTMLTemplateElement>} */
  const templates = {};
  for (const template of all("template", main, HTMLTemplateElement)) templates[template.id] = template;
  /** @type {Record<string, string>} */
  const catalogue = {};
  for (const line of all("[data-word]", main)) catalogue[attribute(line, "data-word")] = line.textContent || "";
  /** @param {string} name @param {Record<string, string | number>} values */
  const say = (name, values = {}) => catalogue[name].replace(/%\((\w+)\)s/g, (_, key) => String(values[key]));

  /** @type {Part} */
  const part = (/** @type {ParentNode} */ root, /** @type {string} */ name, kind = HTMLElement) =>
    one(`[data-slot="${name}"]`, root, kind);
  /** @param {ParentNode} root @param {string} name @param {string} text */
  const put = (root, name, text) => { part(root, name).textContent = text; };
  /** @param {string} name @param {string} text @param {string=} label */
  const make = (name, text, label) => {
    const element = document.createElement(name);
    element.textContent = text;
    if (label) element.className = label;
    return element;
  };

  // --- times, in this phone's zone, or in another where one is named -------------------------------------------------
  /** @param {Intl.DateTimeFormatOptions} options */
  const format = options => (/** @type {number} */ ms, timeZone = own) =>
    new Intl.DateTimeFormat(lang, { ...options, timeZone }).format(new Date(ms));
  const clock = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const day = format({ day: "numeric", month: "long" });
  /** @param {number} ms */
  const near = (ms, zone = own) =>
    day(ms, zone) === day(Date.now(), zone) ? clock(ms, zone) : `${day(ms, zone)}, ${clock(ms, zone)}`;
  /** @param {number} ms @param {string=} timeZone */
  const isoDay = (ms, timeZone) => {
    const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" })
      .formatToParts(new Date(ms));
    const numbers = new Map(parts.map(entry => [entry.type, entry.value]));
    return `${numbers.get("year")}-${numbers.get("month")}-${numbers.get("day")}`;
  };
  // A day of the calendar, as noon of it in UTC: days are counted there, for one may have 23 hours in the zone, or 25.
  /** @param {string} iso */
  const noon = iso => new Date(iso + "T12:00:00Z").getTime();
  const calendar = new Intl.DateTimeFormat(lang, { timeZone: "UTC", day: "numeric", month: "long" });
  /** @param {string} iso */
  const dayWords = iso => calendar.format(new Date(noon(iso)));

  // --- a report, read ----------------------------------------------------------------------------------------------
  /** @param {WaitingReport} report @param {string} name */
  const value = (report, name, otherwise = "") => (report.fields.find(([key]) => key === name) || ["", otherwise])[1];
  /** @param {WaitingReport} report @param {string} name */
  const several = (report, name) => report.fields.filter(([key]) => key === name).map(([, text]) => text);
  /** @param {WaitingReport} report */
  const shownAt = report => 1000 * Number(value(report, "r-shown")) || report.keptAt;
  /** @param {WaitingReport} report */
  const startedAt = report => 1000 * Number(value(report, "hurt") || value(report, "started")) || report.keptAt;
  // A zone may be younger than the browser: then the phone's own has to do.
  /** @param {WaitingReport} report */
  function zoneOf(report) {
    try {
      return new Intl.DateTimeFormat("en", { timeZone: value(report, ZONE) || own }).resolvedOptions().timeZone;
    } catch (error) {
      return own;
    }
  }
  /** @param {number} ms @param {string=} timeZone */
  function zoneName(ms, timeZone) {
    const parts = new Intl.DateTimeFormat(lang, { timeZone, timeZoneName: "short" }).formatToParts(new Date(ms));
    return parts.filter(({ type }) => type === "timeZoneName").map(entry => entry.value).join("");
  }
  /** @param {WaitingReport} report */
  const isListed = report => value(report, "r-player", OTHER) !== OTHER;
  /** @param {WaitingReport} report */
  const name = report => (isListed(report) ? "" : value(report, "r-name").trim()) || report.who;

  // The words of a choice are those of the form's own label.
  const blank = templates["v-write"].content;
  /** @param {string} field @param {string} chosen */
  function choice(field, chosen) {
    const inputs = all(`[name="${field}"]`, blank, HTMLInputElement);
    const options = [...inputs, ...all(`[name="${field}"] option`, blank, HTMLOptionElement)];
    const option = options.find(entry => entry.value === chosen);
    return option ? ((option.closest("label") || option).textContent || "").trim() : chosen;
  }
  /** @param {WaitingReport} report */
  function hurtAt(report) {
    const when = value(report, "r-when") || "start", zone = zoneOf(report);
    if ([...MINUTES, ...BEGAN].includes(when)) return near(shownAt(report) - 60000 * Number(when), zone);
    if (when === "start") return near(startedAt(report), zone);
    const named = value(report, "r-day");
    return [named ? dayWords(named) : "", value(report, "r-time")].filter(Boolean).join(", ");
  }
  /** @param {WaitingReport} report */
  function ambulance(report) {
    const when = value(report, "r-ambulance");
    if (when === "") return say("not-said");
    if (when === NOT_CALLED) return choice("r-ambulance", when);
    if (!MINUTES.includes(when)) return value(report, "r-ambulance-time");
    return near(shownAt(report) - 60000 * Number(when), zoneOf(report));
  }
  /** @param {WaitingReport} report */
  function age(report) {
    const band = value(report, "age") || value(report, "r-age");
    return band ? choice("r-age", band) : say("unknown");
  }
  /** @param {WaitingReport} report @param {HTMLElement} place */
  function level(report, place) {
    const { advice } = report;
    if (!advice || !advice.level) return;
    place.className = "lv l" + advice.level;
    place.textContent = advice.words;
    place.append(make("span", " " + say("level", { number: advice.level }), "vh"));
  }
  /** @param {WaitingReport} report */
  const tellOf = report => report.advice && report.advice.tell || [];
  /** @param {WaitingReport} report @param {HTMLElement} list */
  function signs(report, list) {
    for (const [label, text, seconds] of report.advice ? report.advice.seen : []) {
      const row = document.createElement("div"), zone = zoneOf(report);
      const time = seconds ? clock(1000 * seconds, zone) + " " : "";
      row.append(make("dt", time + label), make("dd", text));
      list.append(row);
    }
    list.hidden = !list.children.length;
  }
  return {
    templates, say, part, put, make, clock, near, isoDay, noon, dayWords, value, several, shownAt, startedAt,
    isListed, name, choice, zoneOf, zoneName, hurtAt, ambulance, age, level, tellOf, signs,
  };
})();
