// @ts-check
// <admin-people brands me runs-all>: everyone with a role for each brand, and who is invited.
//
// For tests: search box "Search people"; select "Brand"; button "Show disabled (1)"; button "Invite
// someone"; table "People" with rows [data-person-id]; each role a button "Role of Rita in Voltra:
// reviewer" that opens a menu; button "Give Rita a role"; button "More about Rita" opens menu with
// "New password link", "Sign out everywhere", "Disable"/"Enable again", "Remove for good"; table
// "Open invitations and links" with rows [data-link-id] and buttons "Withdraw".

import { invite, rolesIn, showLink } from "./admin-invite.js";
import {
  BASE,
  EVERY_BRAND,
  avatar,
  brandName,
  failed,
  roleName,
  searchField,
  table,
  viewerOf,
} from "./admin-parts.js";
import { linksSection } from "./admin-links.js";
import { get, post, put, remove } from "../shared/api.js";
import { confirm } from "../shared/dialogs.js";
import {
  StudioElement,
  button,
  choice,
  define,
  empty,
  h,
  iconButton,
  inWords,
  when,
} from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { toast, toastRefusal } from "../shared/toast.js";

/** @import { LinkBody, PersonBody, Role } from "rest-api" */
/** @import { Action } from "studio" */

class AdminPeople extends StudioElement {
  /** @type {HTMLDivElement} */
  bar;
  /** @type {HTMLDivElement} */
  everyone;
  /** @type {HTMLDivElement} */
  open;
  /** @type {boolean} */
  showsDisabled;
  /** @type {string} */
  sought;
  /** @type {string} */
  brand;
  /** @type {Map<string, string>} */
  brands;
  /** @type {PersonBody[]} */
  people;
  /** @type {LinkBody[]} */
  links;
  /** @type {boolean} */
  runsAll;
  /** @type {number} */
  me;

  async build() {
    Object.assign(this, viewerOf(this), {
      sought: "",
      brand: "",
      showsDisabled: false,
      people: [],
      links: [],
    });
    this.bar = h("div", { class: "bs-admin-bar" });
    this.everyone = h("div", {});
    this.open = h("div", {});
    this.append(this.bar, this.everyone, this.open);
    await this.load();
    this.drawBar();
  }

  async load() {
    try {
      const [{ people }, { links }] = await Promise.all([
        get(`${BASE}/people`),
        get(`${BASE}/links`),
      ]);
      // Who was removed is in the log alone.
      Object.assign(this, {
        people: people.filter((/** @type {PersonBody} */ one) => !one.is_removed),
        links,
      });
      this.draw();
    } catch (error) {
      this.everyone.replaceChildren(failed(error));
    }
  }

  drawBar() {
    const disabled = this.people.filter((one) => one.is_disabled).length;
    const toggle = button(`Show disabled (${disabled})`, {
      kind: "quiet",
      "aria-pressed": String(this.showsDisabled),
      hidden: !disabled,
      onclick: () => {
        this.showsDisabled = !this.showsDisabled;
        toggle.setAttribute("aria-pressed", String(this.showsDisabled));
        this.draw();
      },
    });
    this.bar.replaceChildren(
      searchField(
        "Search people",
        this.sought,
        (value) => ((this.sought = value.toLowerCase()), this.draw()),
      ),
      this.brands.size > 1
        ? choice(
            "Brand",
            [["", "All brands"], ...this.brands],
            this.brand,
            (value) => ((this.brand = value), this.draw()),
          )
        : "",
      toggle,
      button("Invite someone", { kind: "primary", symbol: "plus", onclick: () => this.invite() }),
    );
  }

  draw() {
    const shown = this.people.filter((one) => this.isShown(one));
    const rows = shown.map((one) => this.row(one));
    this.everyone.replaceChildren(
      shown.length ? table("People", ["Name", "Roles", "Last seen", ""], rows) : this.nobody(),
    );
    this.open.replaceChildren(
      linksSection(this.links, this.brands, (link, whom) => this.withdraw(link, whom)),
    );
  }

  /** @param {PersonBody} personBody */
  isShown({ name, roles, is_disabled: isDisabled }) {
    const words = `${name} ${Object.values(roles).map(roleName).join(" ")}`.toLowerCase();
    return (
      words.includes(this.sought) &&
      (!this.brand || this.brand in roles || EVERY_BRAND in roles) &&
      (this.showsDisabled || !isDisabled)
    );
  }

  nobody() {
    if (this.people.length) {
      return empty("people", "Nobody matches.", "Try another name, role or brand.");
    }
    return empty(
      "people",
      "Nobody works here yet.",
      "Invite someone: they get a link, choose a password and can begin.",
    );
  }

  /** @param {PersonBody} one */
  row(one) {
    const name = [
      avatar(one.name),
      h(
        "div",
        {},
        h("strong", {}, one.name),
        one.is_you && h("small", { class: "bs-quiet" }, "you"),
      ),
    ];
    const state = one.is_disabled ? h("span", { class: "bs-chip bad" }, "Disabled") : null;
    return {
      "data-person-id": one.id,
      class: one.is_disabled ? "bs-off" : undefined,
      cells: [
        h("div", { class: "bs-person-cell" }, name, state),
        this.roles(one),
        one.last_seen_at ? when(one.last_seen_at) : h("span", { class: "bs-quiet" }, "never"),
        this.more(one),
      ],
    };
  }

  /**
   * The role in each brand, as buttons where the person who looks may change it.
   *
   * @param {PersonBody} one
   */
  roles(one) {
    const chips = Object.entries(one.roles)
      .sort(([a], [b]) =>
        a === EVERY_BRAND
          ? -1
          : b === EVERY_BRAND
            ? 1
            : brandName(this.brands, a).localeCompare(brandName(this.brands, b)),
      )
      .map(([slug, role]) => this.chip(one, slug, role));
    const free = this.given(one).filter((slug) => !(slug in one.roles));
    const add = iconButton(`Give ${one.name} a role`, "plus", {
      class: "bs-add",
      "aria-haspopup": "menu",
      onclick: () => this.chooseBrand(add, one, free),
    });
    const none = chips.length ? null : h("span", { class: "bs-quiet" }, "no role yet");
    return h("div", { class: "bs-chips" }, chips, none, free.length ? add : null);
  }

  /**
   * The brands in which the person who looks may give this one a role.
   *
   * @param {PersonBody} one
   */
  given(one) {
    if (one.is_you || one.is_disabled) return [];
    return this.runsAll
      ? [EVERY_BRAND, ...this.brands.keys()]
      : one.roles[EVERY_BRAND] === "administrator"
        ? []
        : [...this.brands.keys()];
  }

  /**
   * @param {PersonBody} one
   * @param {string} slug
   * @param {Role} role
   */
  chip(one, slug, role) {
    const text = [h("span", {}, brandName(this.brands, slug)), h("b", {}, roleName(role))];
    const kind = `bs-role ${role}`;
    if (!this.given(one).includes(slug)) return h("span", { class: kind }, text);
    /** @type {HTMLButtonElement} */
    const press = h(
      "button",
      {
        type: "button",
        class: kind,
        "aria-haspopup": "menu",
        "aria-label": `Role of ${one.name} in ${brandName(this.brands, slug)}: ${roleName(role)}`,
        onclick: () => this.chooseRole(press, one, slug),
      },
      text,
    );
    return press;
  }

  /**
   * @param {HTMLElement} anchor
   * @param {PersonBody} one
   * @param {readonly string[]} free
   */
  chooseBrand(anchor, one, free) {
    const entries = free.map((slug) => ({
      label: brandName(this.brands, slug),
      press: () => this.chooseRole(anchor, one, slug),
    }));
    if (free.length === 1) entries[0].press();
    else openMenu(anchor, "Brand", entries);
  }

  /**
   * @param {HTMLElement} anchor
   * @param {PersonBody} one
   * @param {string} slug
   */
  chooseRole(anchor, one, slug) {
    const held = one.roles[slug];
    const roles = rolesIn(slug).map((role) => ({
      label: inWords(role),
      checked: role === held,
      press: () => role !== held && this.give(one, slug, /** @type {Role} */ (role)),
    }));
    const take = held && [
      null,
      { label: "Take the role away", kind: "bad", press: () => this.give(one, slug, null) },
    ];
    openMenu(anchor, brandName(this.brands, slug), [...roles, ...(take ?? [])]);
  }

  /**
   * @param {PersonBody} one
   * @param {string} slug
   * @param {Role | null} role
   */
  async give(one, slug, role, isUndo = false) {
    const before = one.roles[slug] ?? null;
    const where = slug === EVERY_BRAND ? "every brand" : brandName(this.brands, slug);
    const said = role
      ? `${one.name} is ${roleName(role)} in ${where} now`
      : `${one.name} has no role of their own in ${where} any more`;
    /** @type {Action} */
    const undo = isUndo
      ? undefined
      : [
          "Undo",
          () => this.give({ ...one, roles: { ...one.roles, [slug]: role } }, slug, before, true),
        ];
    await this.change(
      () => put(`${BASE}/people/${one.id}/roles`, { brand: slug, role }),
      said,
      undo,
    );
    this.querySelector(`[data-person-id="${one.id}"] .bs-chips button`)?.focus({
      preventScroll: true,
    });
  }

  /**
   * Do something, say so, and show everything as it is now.
   *
   * @param {() => Promise<unknown>} act
   * @param {string} said
   * @param {Action} [action]
   */
  async change(act, said, action) {
    try {
      await act();
      toast(said, { kind: "good", action });
    } catch (error) {
      toastRefusal(error);
    }
    await this.load();
    this.drawBar();
  }

  /** @param {PersonBody} one */
  more(one) {
    if (!this.runsAll || one.is_you) return null;
    const entries = one.is_disabled
      ? [
          { label: "Enable again", symbol: "undo", press: () => this.enable(one) },
          null,
          this.removal(one),
        ]
      : [
          { label: "New password link", symbol: "link", press: () => this.passwordLink(one) },
          {
            label: "What they did",
            symbol: "clock",
            press: () => location.assign(`?part=log&person=${encodeURIComponent(one.name)}`),
          },
          null,
          { label: "Sign out everywhere", symbol: "sign-out", press: () => this.signOut(one) },
          { label: "Disable", symbol: "stop", kind: "bad", press: () => this.disable(one) },
          this.removal(one),
        ];
    const press = iconButton(`More about ${one.name}`, "more", {
      "aria-haspopup": "menu",
      onclick: () => openMenu(press, one.name, entries),
    });
    return press;
  }

  /** @param {PersonBody} one */
  removal(one) {
    return {
      label: "Remove for good",
      symbol: "trash",
      kind: "bad",
      press: () => this.removeForGood(one),
    };
  }

  /** @param {PersonBody} one */
  async removeForGood(one) {
    const isMeant = await confirm(
      `Remove ${one.name} for good?`,
      "For somebody who left: their roles, their password and whatever else lets them in are " +
        "forgotten. What they made and decided stays, under their name, which nobody else can " +
        "get.",
      "Remove",
    );
    if (isMeant) {
      await this.change(() => remove(`${BASE}/people/${one.id}`), `${one.name} is removed`);
    }
  }

  /** @param {PersonBody} one */
  async signOut(one) {
    const isMeant = await confirm(
      `Sign ${one.name} out everywhere?`,
      "Every browser of theirs is signed out at once; what is being typed there and not sent " +
        "is lost. They can sign in again.",
      "Sign out",
    );
    if (isMeant) {
      await this.change(
        () => remove(`${BASE}/people/${one.id}/sessions`),
        `${one.name} is signed out everywhere`,
      );
    }
  }

  /** @param {PersonBody} one */
  async disable(one) {
    const isMeant = await confirm(
      `Disable ${one.name}?`,
      "They are signed out everywhere and cannot sign in any more. Their API tokens and links " +
        "stop working for good. What they made and decided stays, under their name.",
      "Disable",
    );
    if (!isMeant) return;
    await this.change(
      () => post(`${BASE}/people/${one.id}/disable`),
      `${one.name} cannot sign in any more`,
      ["Undo", () => this.enable(one)],
    );
  }

  /** @param {PersonBody} one */
  enable(one) {
    return this.change(
      () => post(`${BASE}/people/${one.id}/enable`),
      `${one.name} can sign in again`,
    );
  }

  /** @param {PersonBody} one */
  async passwordLink(one) {
    try {
      await showLink(
        await post(`${BASE}/people/${one.id}/password-link`),
        one.name,
        "sets a new password",
      );
    } catch (error) {
      toastRefusal(error);
    }
    await this.load();
  }

  async invite() {
    const made = await invite(this.brands, this.runsAll);
    if (!made) return;
    await this.load();
    await showLink(made, made.name || "They", made.name ? "joins" : "join");
  }

  /**
   * @param {LinkBody} link
   * @param {string} whom
   */
  async withdraw(link, whom) {
    const isMeant = await confirm(
      `Withdraw the link for ${whom}?`,
      "Whoever has it cannot use it any more. You can always make a new one.",
      "Withdraw",
    );
    if (isMeant) {
      await this.change(
        () => remove(`${BASE}/links/${link.id}`),
        `The link for ${whom} works no more`,
      );
    }
  }
}

define("admin-people", AdminPeople);
