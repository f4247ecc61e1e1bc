// @ts-check
// <admin-log brands>: the audit log, newest first, through filters that are in the address too.
//
// For tests: search box "Search the log"; fields "Who", "Brand", "Kind", "From", "To"; button
// "Clear"; button "Export" opens menu "Export" with "Spreadsheet (CSV)" and "For programs (JSON
// Lines)"; region "Audit log" with entries [data-entry][data-event]; button "Show earlier".

import { BASE, browserName, failed, searchField, viewerOf } from "./admin-parts.js";
import { get } from "../shared/api.js";
import { StudioElement, button, choice, define, empty, h, icon, inWords } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";

/** @import { Kind, LogEntryBody, PeopleBody } from "rest-api" */
/** @import { Option } from "studio" */

/** @type {Record<Kind, [title: string, symbol: string]>} */
const KINDS = {
  "sign-ins": ["Sign-ins", "account"],
  people: ["People and roles", "people"],
  tokens: ["API tokens", "key"],
  runs: ["Runs", "runs"],
  decisions: ["Decisions", "review"],
  packs: ["Packs", "pack"],
  log: ["The log itself", "download"],
};
const FILTERS = ["text", "person", "brand", "kind", "from", "to"];
// Told in the sentence already, or of no use to people; the export has them all.
const UNTOLD = new Set(["hash", "role", "run", "name", "where", "kind", "link", "owner", "before"]);

class AdminLog extends StudioElement {
  /** @type {Map<string, string>} */
  brands;
  /** @type {Record<string, string>} */
  filters;
  /** @type {HTMLDivElement} */
  bar;
  /** @type {HTMLDivElement} */
  list;
  /** @type {HTMLButtonElement} */
  more;
  /** @type {HTMLDataListElement} */
  people;
  /** @type {HTMLButtonElement} */
  clear;
  /** @type {number} */
  turn;
  /** @type {string} */
  next;

  build() {
    this.brands = viewerOf(this).brands;
    const asked = new URLSearchParams(location.search);
    this.filters = Object.fromEntries(FILTERS.map((name) => [name, asked.get(name) ?? ""]));
    this.bar = h("div", { class: "bs-log-filters", role: "search", "aria-label": "Filters" });
    this.list = h("div", { class: "bs-log", role: "region", "aria-label": "Audit log" });
    this.more = button("Show earlier", { onclick: () => this.load(true), hidden: true });
    this.append(this.bar, this.list, h("div", { class: "bs-more" }, this.more));
    this.people = h("datalist", { id: "log-people" });
    get(`${BASE}/people`).then(
      (/** @type {PeopleBody} */ { people }) =>
        this.people.append(...people.map(({ name }) => h("option", { value: name }))),
      () => {},
    );
    this.drawBar();
    this.load();
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  set(name, value) {
    if (this.filters[name] === value) return;
    this.filters[name] = value;
    const asked = new URLSearchParams([
      ["part", "log"],
      ...Object.entries(this.filters).filter(([, v]) => v),
    ]);
    history.replaceState({}, "", `?${asked}`);
    this.clear.hidden = !this.isFiltered;
    this.load();
  }

  get isFiltered() {
    return FILTERS.some((name) => this.filters[name]);
  }

  drawBar() {
    const { text, person, brand, kind, from, to } = this.filters;
    const who = h("input", {
      type: "text",
      list: "log-people",
      placeholder: "Anyone",
      "aria-label": "Who",
      value: person,
      autocomplete: "off",
      onchange: (event) => this.set("person", event.target.value.trim()),
    });
    const day = (
      /** @type {string} */ label,
      /** @type {string} */ name,
      /** @type {string} */ value,
    ) =>
      h(
        "label",
        { class: "bs-field" },
        h("span", {}, label),
        h("input", {
          type: "date",
          "aria-label": label,
          value,
          onchange: (event) => this.set(name, event.target.value),
        }),
      );
    this.clear = button("Clear", {
      kind: "quiet",
      symbol: "close",
      hidden: !this.isFiltered,
      onclick: () => this.reset(),
    });
    const taken = button("Export", {
      symbol: "download",
      "aria-haspopup": "menu",
      onclick: () => this.export(taken),
    });
    this.bar.replaceChildren(
      searchField("Search the log", text, (value) => this.set("text", value)),
      h("label", { class: "bs-field" }, h("span", {}, "Who"), who),
      this.brands.size > 1
        ? choice("Brand", [["", "All brands"], ...this.brands], brand, (value) =>
            this.set("brand", value),
          )
        : "",
      choice(
        "Kind",
        [
          ["", "Everything"],
          ...Object.entries(KINDS).map(
            ([value, [label]]) => /** @type {Option} */ ([value, label]),
          ),
        ],
        kind,
        (value) => this.set("kind", value),
      ),
      day("From", "from", from),
      day("To", "to", to),
      this.clear,
      taken,
      this.people,
    );
  }

  reset() {
    for (const name of FILTERS) this.filters[name] = "";
    history.replaceState({}, "", "?part=log");
    this.drawBar();
    this.load();
  }

  /** The filters as the studio asks for them; days are those of this browser's clock. */
  asked() {
    const { from, to, ...same } = this.filters;
    const asked = new URLSearchParams(Object.entries(same).filter(([, value]) => value));
    if (from) asked.set("since", startOf(from, 0));
    if (to) asked.set("until", startOf(to, 1));
    return asked;
  }

  /** @param {HTMLElement} anchor */
  export(anchor) {
    const take = (/** @type {string} */ format) => () => {
      const asked = this.asked();
      asked.set("format", format);
      h("a", { href: `/api/v1${BASE}/log/export?${asked}`, download: "" }).click();
    };
    openMenu(anchor, this.isFiltered ? "Export what is shown" : "Export", [
      { label: "Spreadsheet (CSV)", press: take("csv") },
      { label: "For programs (JSON Lines)", press: take("jsonl") },
    ]);
  }

  async load(isEarlier = false) {
    const asked = this.asked();
    if (isEarlier) asked.set("before", this.next);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.list.setAttribute("aria-busy", "true");
    try {
      const page = await get(`${BASE}/log?${asked}`);
      if (turn !== this.turn) return; // another filter was chosen meanwhile
      if (!isEarlier) this.list.replaceChildren();
      this.next = page.next_before;
      this.add(page.entries);
      if (!this.list.children.length) this.list.append(this.nothing());
      this.more.hidden = !this.next;
    } catch (error) {
      if (turn === this.turn) this.list.replaceChildren(failed(error));
    } finally {
      if (turn === this.turn) this.list.removeAttribute("aria-busy");
    }
  }

  /** @param {readonly LogEntryBody[]} entries */
  add(entries) {
    for (const entry of entries) {
      const day = dayOf(entry.at);
      if (/** @type {HTMLElement} */ (this.list.lastElementChild)?.dataset.day !== day) {
        this.list.append(
          h(
            "section",
            { "data-day": day },
            h("h3", {}, day),
            h("ol", { class: "bs-card", "aria-label": day }),
          ),
        );
      }
      this.list.lastElementChild.lastElementChild.append(line(entry, this.brands));
    }
  }

  nothing() {
    if (this.isFiltered) {
      return empty(
        "filter",
        "Nothing in the log matches.",
        "Try fewer filters, or other days.",
        button("Clear the filters", { onclick: () => this.reset() }),
      );
    }
    return empty(
      "clock",
      "Nothing has happened yet.",
      "Everything that people do here is kept for ever, with its name and its time: runs, " +
        "decisions, packs, roles and sign-ins.",
    );
  }
}

/**
 * @param {LogEntryBody} entry
 * @param {ReadonlyMap<string, string>} brands
 */
function line(entry, brands) {
  const at = new Date(entry.at);
  const exact = `${at.toISOString().replace("T", " ").replace("Z", "")} UTC`;
  return h(
    "li",
    { "data-entry": `${entry.source}-${entry.number}`, "data-event": entry.event },
    h(
      "time",
      { datetime: entry.at, title: exact },
      at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }),
    ),
    h(
      "span",
      { class: `bs-log-icon ${toneOf(entry.event)}`, title: KINDS[entry.kind][0] },
      icon(KINDS[entry.kind][1], 15),
    ),
    h("div", {}, h("p", {}, ...sentenceOf(entry)), detailOf(entry, brands)),
  );
}

/**
 * The sentence with the person in bold and a link to what can be looked at.
 *
 * @param {LogEntryBody} logEntryBody
 */
function sentenceOf({ actor, sentence, subject, detail }) {
  const isByActor = sentence.startsWith(`${actor} `);
  const rest = isByActor ? sentence.slice(actor.length) : sentence;
  const run = detail.run ?? /^run (\d+)$/.exec(subject)?.[1];
  const at = run ? rest.indexOf(subject) : -1;
  const linked =
    at < 0
      ? [rest]
      : [
          rest.slice(0, at),
          h("a", { href: `/studio/runs?run=${run}` }, subject),
          rest.slice(at + subject.length),
        ];
  return [isByActor ? h("strong", {}, actor) : null, ...linked].filter((part) => part !== null);
}

/**
 * @param {LogEntryBody} logEntryBody
 * @param {ReadonlyMap<string, string>} brands
 */
function detailOf({ detail }, brands) {
  if (detail.comment) return h("q", {}, detail.comment);
  const facts = Object.entries(detail).filter(([name]) => !UNTOLD.has(name));
  const words = facts.map(
    ([name, value]) => FACTS[name]?.(value) ?? `${brands.get(name) ?? inWords(name)}: ${value}`,
  );
  return words.length ? h("small", { class: "bs-quiet" }, words.join(" · ")) : "";
}

/** @type {Record<string, (value: string) => string>} */
const FACTS = {
  how: (/** @type {string} */ value) => `by ${value}`,
  address: (/** @type {string} */ value) => `from ${value}`,
  browser: browserName,
  reason: (/** @type {string} */ value) => value,
};

/** @type {[RegExp, string][]} */
const TONES = [
  [/approve$/, "good"],
  [/refused$|disabled$|reject$/, "bad"],
  [/request_changes$|taken$|revoked$|withdrawn$|ended$|cancelled$/, "warn"],
];

/** @param {string} event */
const toneOf = (event) => TONES.find(([pattern]) => pattern.test(event))?.[1] ?? "";

/**
 * Midnight of a day of this browser's, `days` later, as a moment.
 *
 * @param {string} day
 * @param {number} days
 */
function startOf(day, days) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + days).toISOString();
}

/** @param {string} iso */
function dayOf(iso) {
  const day = (/** @type {Date} */ date) =>
    date.toLocaleDateString("en-GB", {
      weekday: "long",
      day: "numeric",
      month: "long",
      year: "numeric",
    });
  const [then, today] = [new Date(iso), new Date()];
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (day(then) === day(today)) return "Today";
  return day(then) === day(yesterday) ? "Yesterday" : day(then);
}

define("admin-log", AdminLog);
