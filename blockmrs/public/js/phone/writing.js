// The form of a report that waits on this phone: filled, read, and what is wrong with it. Needs base.js and reading.js.
var writing = (() => {
  "use strict";
  const { one } = base, main = one("#main"), DAY_MS = 24 * 3600 * 1000;
  const { BEGAN, DAYS_BACK, MINUTES, OTHER, UNLISTED, ZONE, ZONE_PLACE } = shared.phone;
  const { say, part, make, clock, near, isoDay, noon, dayWords, value, several, shownAt, startedAt } = reading;
  const { isListed, name, zoneOf, zoneName, tellOf, signs, level } = reading;

  /** @param {HTMLFormElement} form */
  const controlsOf = form => /** @type {HTMLInputElement[]} */ ([...form.elements]);
  /** @param {HTMLFormElement} form */
  const nameBox = form => one("[name=r-name]", form, HTMLInputElement);
  /** @param {HTMLFormElement} form */
  const playerBox = form => one("[name=r-player]", form, HTMLSelectElement);
  // The players of whoever writes it, who chooses one or enters a name. Nobody's players are shown to nobody.
  /** @param {HTMLFormElement} form @param {WaitingReport} report @param {KeptTeam} team */
  function offerPlayers(form, report, team) {
    const box = playerBox(form), players = report.owner ? team.players : [];
    part(form, "players").hidden = box.disabled = !players.length;
    for (const { id, number, name: whole } of players) {
      const option = new Option([number, whole].filter(Boolean).join(" "), id);
      option.setAttribute("data-who", whole);
      box.append(option);
    }
    box.value = value(report, "r-player", OTHER);
    if (box.selectedIndex < 0) box.value = OTHER;
    const follow = () => {
      const field = nameBox(form).closest(".field");
      if (field instanceof HTMLElement) field.hidden = !box.disabled && box.value !== OTHER;
      showCalls(part(form, "calls"), tellOf(report).length ? undefined : players.find(({ id }) => id === box.value));
    };
    box.addEventListener("change", follow);
    follow();
  }
  // Whom to call about the player who is chosen; nobody where somebody of the family may have hurt them.
  /** @param {HTMLElement} place @param {KeptPlayer=} player */
  function showCalls(place, player) {
    const calls = player && player.calls || [];
    place.hidden = !calls.length;
    one(".chips", place).replaceChildren(...calls.map(([who, number, dialled]) => {
      const link = document.createElement("a");
      link.className = "btn";
      link.href = "tel:" + dialled;
      link.textContent = say("call", { who: [who, number.replace(/ /g, "\u00a0")].filter(Boolean).join(" ") });
      return link;
    }));
  }
  /** @param {HTMLFormElement} form @param {WaitingReport} report */
  function showAdvice(form, report) {
    signs(report, part(form, "seen"));
    part(form, "advice").hidden = !report.advice || !report.advice.level;
    level(report, part(form, "level"));
  }
  /** @param {HTMLFormElement} form @param {WaitingReport} report @param {KeptTeam} team */
  function fillForm(form, report, team) {
    const shown = shownAt(report);
    offerPlayers(form, report, team);
    nameBox(form).value = name(report);
    showAdvice(form, report);
    const ageField = one("#f-r-age", form).closest(".field");
    if (ageField instanceof HTMLElement) ageField.hidden = Boolean(value(report, "age"));
    offerTimes(form, report, shown);
    /** @type {Pair[]} */
    const first = [["r-when", value(report, "hurt") ? "start" : ""], ["r-age", ""]];
    first.push(["r-day", isoDay(Date.now(), zoneOf(report))]);
    const place = report.owner ? team.place : "", isFirst = !report.fields.some(([key]) => key === "r-place");
    one("#h-r-place", form).hidden = !place || (value(report, "r-place") || place) !== place;
    if (isFirst && place) first.push(["r-place", place]);
    const typed = new Map([...first, ...report.fields, ...exact(report, shown)]);
    const tell = tellOf(report);
    part(main, "open").hidden = Boolean(report.owner);
    part(form, "told").hidden = !tell.length;
    one("ul", part(form, "told")).append(...tell.map(line => make("li", line)));
    for (const element of controlsOf(form)) {
      const text = typed.get(element.name);
      if (element.type === "checkbox") element.checked = several(report, element.name).includes(element.value);
      else if (element.type === "radio") element.checked = text === element.value;
      else if (!["r-name", "r-player"].includes(element.name) && text !== undefined) element.value = text;
    }
    // Before the coach has said anything: what is not for every eye in the family is kept from it.
    if (tell.length && !typed.has("r-name")) one("[name=r-withhold]", form, HTMLInputElement).checked = true;
  }
  // How long ago an illness began, as the server's form says it, is a day and a time in this one.
  /** @param {WaitingReport} report @param {number} shown @returns {Pair[]} */
  function exact(report, shown) {
    const ago = value(report, "r-when"), began = shown - 60000 * Number(ago), zone = zoneOf(report);
    if (!BEGAN.includes(ago)) return [];
    return [["r-when", OTHER], ["r-day", isoDay(began, zone)], ["r-time", clock(began, zone)]];
  }
  // The times and days to choose from, counted from when the form was first on the screen.
  /** @param {HTMLFormElement} form @param {WaitingReport} report @param {number} shown */
  function offerTimes(form, report, shown) {
    const zone = zoneOf(report), begin = one("[name=r-when][value=start] + span", form);
    if (value(report, "hurt")) begin.textContent = say("said");
    begin.textContent = say("choice", { choice: begin.textContent || "", time: near(startedAt(report), zone) });
    const unsaid = one("#h-r-when", form);
    unsaid.hidden = Boolean(value(report, "hurt"));
    unsaid.textContent = (unsaid.textContent || "").replace("%(time)s", near(startedAt(report), zone));
    for (const field of ["r-when", "r-ambulance"]) {
      for (const minutes of MINUTES) {
        const label = one(`[name="${field}"][value="${minutes}"] + span`, form);
        const time = clock(shown - 60000 * Number(minutes), zone);
        label.textContent = say("choice", { choice: label.textContent || "", time });
      }
    }
    for (const field of ["r-time", "r-ambulance-time"]) {
      const label = one(`label[for="f-${field}"]`, form);
      label.textContent = (label.textContent || "").replace(ZONE_PLACE, zoneName(shown, zone));
    }
    const today = noon(isoDay(Date.now(), zone));
    for (let number = 0; number < DAYS_BACK; number++) {
      const iso = new Date(today - number * DAY_MS).toISOString().slice(0, 10);
      const nearest = ["today", "yesterday"][number];
      one("#f-r-day", form).append(new Option(nearest ? say(nearest, { day: dayWords(iso) }) : dayWords(iso), iso));
    }
  }
  // The report as the form says it now: everything that the form does not ask stays as it was.
  /** @param {HTMLFormElement} form @param {WaitingReport} report @returns {WaitingReport} */
  function readForm(form, report) {
    const asked = new Set(controlsOf(form).map(element => element.name).filter(Boolean));
    const typed = /** @type {Pair[]} */ ([...new FormData(form)].filter(([, text]) => typeof text === "string"));
    const box = playerBox(form), [chosen] = box.disabled ? [] : [...box.selectedOptions];
    const isSame = isListed(report) && nameBox(form).value === name(report);
    const player = chosen ? chosen.value : isSame ? value(report, "r-player") : OTHER;
    const left = ["r-shown", "r-player", ZONE, UNLISTED];
    const rest = report.fields.filter(([key]) => !asked.has(key) && !left.includes(key));
    /** @type {Pair[]} */
    const fields = [...rest, ...typed.filter(([key]) => key !== "r-player")];
    fields.push(["r-shown", String(Math.floor(shownAt(report) / 1000))], [ZONE, zoneOf(report) || ""]);
    fields.push(["r-player", player]);
    // The server asked whether it is somebody on the list, and whoever looked at that left the name: nobody there.
    const wasAnswered = value(report, UNLISTED) === "yes" && nameBox(form).value === value(report, "r-name");
    if (chosen && player === OTHER && (report.why === "player" || wasAnswered)) fields.push([UNLISTED, "yes"]);
    const who = chosen && player !== OTHER ? chosen.getAttribute("data-who") || "" : report.who;
    return { ...report, fields, who };
  }
  /** @param {WaitingReport} report */
  function problems(report) {
    /** @type {Pair[]} */
    const lines = [];
    if (!name(report)) lines.push(["r-name", say("no-name")]);
    for (const field of ["r-time", "r-ambulance-time"]) {
      const by = field === "r-time" ? "r-when" : "r-ambulance";
      if (value(report, by) === OTHER && !value(report, field)) lines.push([field, say("no-time")]);
    }
    return lines;
  }
  /** @param {Pair[]} lines */
  function showProblems(lines) {
    const box = one("#errors");
    box.hidden = !lines.length;
    one("ul", box).replaceChildren(...lines.map(([field, text]) => {
      const line = document.createElement("li"), link = document.createElement("a");
      link.textContent = text;
      link.href = "#f-" + field;
      link.addEventListener("click", event => {
        event.preventDefault();
        one("#f-" + field).focus();
      });
      line.append(link);
      return line;
    }));
    if (lines.length) box.focus();
  }
  return { fillForm, readForm, problems, showProblems };
})();
