// @ts-check
// linksSection(links, brands, withdraw): invitations and password links that nobody has used yet.
//
// For tests: table "Open invitations and links" with rows [data-link-id] and buttons "Withdraw".

import { rolesInWords } from "./admin-invite.js";
import { section, table } from "./admin-parts.js";
import { button, h, when } from "../shared/dom.js";

/** @import { LinkBody } from "rest-api" */

/**
 * The section with a row per link, or "" when there is none.
 *
 * @param {readonly LinkBody[]} links
 * @param {ReadonlyMap<string, string>} brands
 * @param {(link: LinkBody, whom: string) => unknown} withdraw
 */
export function linksSection(links, brands, withdraw) {
  if (!links.length) return "";
  return section(
    "Invited",
    "Links that nobody has used yet.",
    { count: links.length, noun: "link" },
    table(
      "Open invitations and links",
      ["For", "Made by", "Works until", ""],
      links.map((link) => row(link, brands, withdraw)),
    ),
  );
}

/**
 * @param {LinkBody} link
 * @param {ReadonlyMap<string, string>} brands
 * @param {(link: LinkBody, whom: string) => unknown} withdraw
 */
function row(link, brands, withdraw) {
  const whom = link.name || "Whoever has the link";
  const purpose =
    link.kind === "password" ? "sets a new password" : rolesInWords(link.roles, brands);
  const press = button("Withdraw", {
    kind: "quiet small bad",
    "aria-label": `Withdraw the link for ${whom}`,
    onclick: () => withdraw(link, whom),
  });
  return {
    "data-link-id": link.id,
    cells: [
      [h("strong", {}, whom), h("small", { class: "bs-quiet" }, purpose)],
      [link.made_by || "the machine's operator", ", ", when(link.made_at)],
      until(link.expires_at),
      press,
    ],
  };
}

/** @param {string} iso */
function until(iso) {
  const text = new Date(iso).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return h("time", { datetime: iso, title: new Date(iso).toLocaleString("en-GB") }, text);
}
