// @ts-check
// <admin-access>: who is signed in, and everybody's API tokens; each can be ended.
//
// For tests: button "Sign everybody out" (there as long as somebody else is signed in); table
// "Sessions" with rows [data-session-id] and buttons "End"; table "API tokens" with rows
// [data-token-id] and buttons "Revoke".

import {
  BASE,
  avatar,
  browserName,
  failed,
  none,
  searchField,
  section,
  table,
} from "./admin-parts.js";
import { get, remove } from "../shared/api.js";
import { confirm } from "../shared/dialogs.js";
import { StudioElement, button, define, h, when } from "../shared/dom.js";
import { toast, toastRefusal } from "../shared/toast.js";

/** @import { PersonBody, SessionBody, TokenBody } from "rest-api" */

class AdminAccess extends StudioElement {
  /** @type {string} */
  sought;
  /** @type {HTMLDivElement} */
  parts;
  /** @type {HTMLButtonElement} */
  everybody;
  /** @type {SessionBody[]} */
  sessions;
  /** @type {TokenBody[]} */
  tokens;

  build() {
    this.sought = "";
    this.parts = h("div", {});
    const search = searchField(
      "Search people, browsers and tokens",
      "",
      (value) => ((this.sought = value.toLowerCase()), this.draw()),
    );
    this.everybody = button("Sign everybody out", {
      symbol: "sign-out",
      hidden: true,
      onclick: () => this.endAll(),
    });
    this.append(h("div", { class: "bs-admin-bar" }, search, this.everybody), this.parts);
    this.load();
  }

  async load() {
    try {
      const [{ sessions }, { tokens }] = await Promise.all([
        get(`${BASE}/sessions`),
        get(`${BASE}/tokens`),
      ]);
      Object.assign(this, { sessions, tokens });
      this.draw();
    } catch (error) {
      this.parts.replaceChildren(failed(error));
    }
  }

  draw() {
    const matching = (/** @type {readonly any[]} */ list) =>
      list.filter((/** @type {PersonBody} */ one) =>
        Object.values(one).flat().join(" ").toLowerCase().includes(this.sought),
      );
    const [sessions, tokens] = [matching(this.sessions), matching(this.tokens)];
    this.everybody.hidden = this.sessions.every((one) => one.is_current);
    this.parts.replaceChildren(
      section(
        "Signed in",
        "Browsers with an open session, the one last seen first.",
        { count: sessions.length, noun: "session" },
        sessions.length ? this.sessionTable(sessions) : none("monitor", "No session matches."),
      ),
      section(
        "API tokens",
        "Programs that act as a person, within scopes and until a day.",
        { count: tokens.length, noun: "token" },
        tokens.length
          ? this.tokenTable(tokens)
          : none(
              "key",
              this.tokens.length
                ? "No token matches."
                : "Nobody has made an API token yet. People make them on their account page.",
            ),
      ),
    );
  }

  /** @param {readonly SessionBody[]} sessions */
  sessionTable(sessions) {
    const rows = sessions.map((one) => ({
      "data-session-id": one.id,
      cells: [
        h(
          "div",
          { class: "bs-person-cell" },
          avatar(one.person),
          h("strong", {}, one.person),
          one.is_current && h("span", { class: "bs-chip accent" }, "this one"),
        ),
        [
          h("span", { title: one.browser }, browserName(one.browser)),
          h("small", { class: "bs-quiet" }, one.address),
        ],
        when(one.since),
        when(one.last_seen_at),
        one.is_current
          ? null
          : button("End", {
              kind: "quiet small bad",
              "aria-label": `End the session of ${one.person}`,
              onclick: () => this.end(one),
            }),
      ],
    }));
    return table("Sessions", ["Person", "Browser", "Since", "Last seen", ""], rows);
  }

  /** @param {readonly TokenBody[]} tokens */
  tokenTable(tokens) {
    const rows = tokens.map((one) => ({
      "data-token-id": one.id,
      class: one.is_expired ? "bs-off" : undefined,
      cells: [
        [h("strong", {}, one.name), h("small", { class: "bs-mono bs-quiet" }, `${one.prefix}…`)],
        one.owner,
        h(
          "div",
          { class: "bs-chips" },
          one.scopes.map((scope) => h("span", { class: "bs-chip" }, scope)),
        ),
        one.is_expired
          ? h("span", { class: "bs-chip warn" }, "expired")
          : one.expires_at
            ? day(one.expires_at)
            : h("span", { class: "bs-chip warn" }, "never"),
        one.last_used_at ? when(one.last_used_at) : h("span", { class: "bs-quiet" }, "never"),
        button("Revoke", {
          kind: "quiet small bad",
          "aria-label": `Revoke ${one.name} of ${one.owner}`,
          onclick: () => this.revoke(one),
        }),
      ],
    }));
    return table("API tokens", ["Token", "Owner", "Scopes", "Expires", "Last used", ""], rows);
  }

  /** @param {SessionBody} one */
  end(one) {
    /** @type {[string, string, string]} */
    const question = [
      `End the session of ${one.person}?`,
      `${browserName(one.browser)} is signed out at once; ` +
        "what is being typed there and not sent is lost.",
      "End",
    ];
    return this.change(
      question,
      () => remove(`${BASE}/people/${one.person_id}/sessions/${one.id}`),
      `The session of ${one.person} has ended`,
    );
  }

  endAll() {
    /** @type {[string, string, string]} */
    const question = [
      "Sign everybody out?",
      "Every browser but this one is signed out at once; what is being typed there and not " +
        "sent is lost. Everybody can sign in again, and API tokens go on.",
      "Sign everybody out",
    ];
    return this.change(question, () => remove(`${BASE}/sessions`), "Everybody else is signed out");
  }

  /** @param {TokenBody} one */
  revoke(one) {
    /** @type {[string, string, string]} */
    const question = [
      `Revoke “${one.name}” of ${one.owner}?`,
      "Programs that use it stop working at once. It cannot be undone; a new token can be made.",
      "Revoke",
    ];
    return this.change(
      question,
      () => remove(`${BASE}/tokens/${one.id}`),
      `“${one.name}” works no more`,
    );
  }

  /**
   * @param {readonly [title: string, text: string, label: string]} question
   * @param {() => Promise<unknown>} act
   * @param {string} said
   */
  async change(question, act, said) {
    if (!(await confirm(...question))) return;
    try {
      await act();
      toast(said, { kind: "good" });
    } catch (error) {
      toastRefusal(error);
    }
    await this.load();
  }
}

/** @param {string} iso */
const day = (iso) =>
  h(
    "time",
    { datetime: iso, title: new Date(iso).toLocaleString("en-GB") },
    new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }),
  );

define("admin-access", AdminAccess);
