// @ts-check
// <admin-settings>: how the installation fares, who draws, what is installed, and every setting; no
// secret.
//
// For tests: list "Lights" with [data-light]; table "Workers"; table "Settings" with rows
// [data-setting]; group "Which settings" with "All" and "Changed"; search box "Search the
// settings".

import { BASE, failed, none, searchField, section, table } from "./admin-parts.js";
import { get } from "../shared/api.js";
import { StudioElement, define, h, icon, inWords, when } from "../shared/dom.js";

/** @import { LightBody, SettingBody, VersionBody, WorkerBody } from "rest-api" */

class AdminSettings extends StudioElement {
  /** @type {SettingBody[]} */
  settings;
  /** @type {HTMLDivElement} */
  rows;
  /** @type {HTMLDivElement} */
  choices;
  /** @type {string} */
  sought;
  /** @type {boolean} */
  isChangedOnly;

  async build() {
    Object.assign(this, { sought: "", isChangedOnly: false });
    try {
      const [{ settings, versions }, health, { workers }] = await Promise.all([
        get(`${BASE}/settings`),
        get(`${BASE}/health`),
        get("/workers"),
      ]);
      this.settings = settings;
      this.rows = h("div", {});
      this.choices = h("div", {
        class: "bs-segments",
        role: "group",
        "aria-label": "Which settings",
      });
      const search = searchField(
        "Search the settings",
        "",
        (value) => ((this.sought = value.toLowerCase()), this.draw()),
      );
      this.append(
        section(
          "How the studio fares",
          health.ready ? "Everything works." : "Something needs a look.",
          {},
          h("ul", { class: "bs-lights", "aria-label": "Lights" }, health.lights.map(light)),
        ),
        section(
          "Workers",
          "The processes that draw.",
          {},
          workers.length ? workersTable(workers) : none("clock", "No worker has been heard yet."),
        ),
        section(
          "Settings",
          "Read once at the start, from the environment. Passwords, tokens and keys are never " +
            "shown.",
          { actions: [this.choices, search] },
          this.rows,
        ),
        section(
          "Versions",
          "What this installation is made of.",
          {},
          h("dl", { class: "bs-versions bs-card" }, versions.map(version)),
        ),
      );
      this.draw();
    } catch (error) {
      this.append(failed(error));
    }
  }

  draw() {
    const choose = (/** @type {boolean} */ value) => () => (
      (this.isChangedOnly = value),
      this.draw()
    );
    const changed = this.settings.filter(isChanged);
    const segment = (
      /** @type {string} */ label,
      /** @type {boolean} */ value,
      /** @type {number} */ count,
    ) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(this.isChangedOnly === value),
          onclick: choose(value),
        },
        label,
        h("small", {}, count),
      );
    this.choices.replaceChildren(
      segment("All", false, this.settings.length),
      segment("Changed", true, changed.length),
    );
    const shown = (this.isChangedOnly ? changed : this.settings).filter(({ variable, meaning }) =>
      `${variable} ${meaning}`.toLowerCase().includes(this.sought),
    );
    this.rows.replaceChildren(
      shown.length
        ? settingsTable(shown)
        : none("filter", this.sought ? "No setting matches." : "Every setting has its default."),
    );
  }
}

/** @param {SettingBody} settingBody */
const isChanged = ({ origin }) => origin !== "default";

/** @param {LightBody} lightBody */
function light({ name, is_green: isGreen, said }) {
  return h(
    "li",
    { class: `bs-light bs-card ${isGreen ? "good" : "bad"}`, "data-light": name },
    h("span", { class: "bs-light-dot" }, icon(isGreen ? "check" : "warning", 15)),
    h(
      "div",
      {},
      h(
        "strong",
        {},
        inWords(name),
        h("span", { class: "bs-hidden" }, isGreen ? ": green" : ": red"),
      ),
      h("p", { class: "bs-quiet" }, firstUpper(said)),
    ),
  );
}

const WORKER_TONE = { drawing: "accent", idle: "good", starting: "warn", stopped: "" };

/** @param {readonly WorkerBody[]} workers */
function workersTable(workers) {
  const rows = workers.map(({ name, host, device, state, since, restarts, last_error: error }) => ({
    "data-worker": name,
    cells: [
      [h("strong", {}, name), h("small", { class: "bs-quiet" }, host)],
      device,
      [
        h("span", { class: `bs-chip ${WORKER_TONE[state] ?? ""}` }, inWords(state)),
        error && h("small", { class: "bs-quiet" }, error),
      ],
      when(since),
      String(restarts),
    ],
  }));
  return table("Workers", ["Worker", "Device", "State", "Since", "Restarts"], rows);
}

/** @param {readonly SettingBody[]} settings */
function settingsTable(settings) {
  const rows = settings.map((setting) => ({
    "data-setting": setting.variable,
    cells: [
      [
        h("code", { class: "bs-mono" }, setting.variable),
        h("small", { class: "bs-quiet" }, setting.meaning),
      ],
      valueOf(setting),
      h(
        "span",
        { class: `bs-chip ${isChanged(setting) ? "accent" : ""}` },
        inWords(setting.origin),
      ),
    ],
  }));
  return table("Settings", ["Setting", "Value", "From"], rows);
}

// Names of devices, workers and addresses stay as they are: "cuda:0", "vm:64".
/** @param {string} text */
const firstUpper = (text) =>
  /^([\w-]+:|c(pu|uda)\b|mps\b)/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);

/** @param {SettingBody} settingBody */
function valueOf({ value, is_secret: isSecret }) {
  if (isSecret) return h("span", { class: "bs-chip" }, icon("lock", 13), value ? "set" : "not set");
  return value
    ? h("code", { class: "bs-mono bs-value" }, value)
    : h("span", { class: "bs-quiet" }, "not set");
}

/** @param {VersionBody} versionBody */
function version({ name, version: number }) {
  return h("div", {}, h("dt", {}, name), h("dd", { class: "bs-mono" }, number || "not installed"));
}

define("admin-settings", AdminSettings);
