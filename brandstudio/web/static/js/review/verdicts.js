// @ts-check
// What can be said about variants, as one table: key, words, and what it does to a variant at once.
// The server decides; the table only lets the page show the likely outcome without waiting.

import { Refusal, post } from "../shared/api.js";

/** @import { Can, DecisionsBody, ReviewStatus, Verdict } from "rest-api" */
/** @import { Variant } from "studio" */

/** @type {Record<ReviewStatus, { label: string, kind: string, symbol: string }>} */
export const REVIEW = {
  new: { label: "Not submitted", kind: "", symbol: "image" },
  pending: { label: "In review", kind: "accent", symbol: "clock" },
  approved: { label: "Approved", kind: "good", symbol: "check" },
  rejected: { label: "Rejected", kind: "bad", symbol: "close" },
  changes_requested: { label: "Changes requested", kind: "warn", symbol: "changes" },
};

/**
 * A verdict's words, and the flag of a variant that says whether it can be said.
 *
 * @typedef {object} VerdictKind
 * @property {string} key
 * @property {string} label
 * @property {string} done
 * @property {keyof Can} can
 * @property {ReviewStatus} to
 * @property {string} kind
 * @property {string} symbol
 * @property {boolean} [asks]
 */

/** @type {Record<Verdict, VerdictKind>} */
export const VERDICTS = {
  approve: {
    key: "A",
    label: "Approve",
    done: "Approved",
    can: "decide",
    to: "approved",
    kind: "good",
    symbol: "check",
  },
  reject: {
    key: "R",
    label: "Reject",
    done: "Rejected",
    can: "decide",
    to: "rejected",
    kind: "bad",
    symbol: "close",
    asks: true,
  },
  request_changes: {
    key: "C",
    label: "Request changes",
    done: "Changes requested for",
    can: "decide",
    to: "changes_requested",
    kind: "",
    symbol: "changes",
    asks: true,
  },
  submit: {
    key: "S",
    label: "Submit for review",
    done: "Submitted",
    can: "submit",
    to: "pending",
    kind: "primary",
    symbol: "send",
  },
  withdraw: {
    key: "W",
    label: "Withdraw",
    done: "Withdrew",
    can: "withdraw",
    to: "new",
    kind: "",
    symbol: "undo",
  },
  reopen: {
    key: "O",
    label: "Reopen",
    done: "Reopened",
    can: "reopen",
    to: "pending",
    kind: "",
    symbol: "undo",
  },
};

/** @type {Partial<Record<Verdict, Verdict>>} */
export const UNDO = {
  approve: "reopen",
  reject: "reopen",
  request_changes: "reopen",
  submit: "withdraw",
};

/** @type {Partial<Record<ReviewStatus, (was: Variant) => Can>>} */
const FLAGS = {
  approved: (was) => ({ ...was.can, decide: false, reopen: was.can.decide }),
  rejected: (was) => ({ ...was.can, decide: false, reopen: was.can.decide }),
  changes_requested: (was) => ({
    ...was.can,
    decide: false,
    reopen: was.can.decide,
  }),
  pending: (was) => ({
    ...was.can,
    submit: false,
    withdraw: was.can.submit,
    decide: was.can.reopen,
    reopen: false,
  }),
  new: (was) => ({
    ...was.can,
    submit: was.can.withdraw,
    withdraw: false,
    decide: false,
    reopen: false,
  }),
};

/**
 * The variant as it will most likely stand after the verdict.
 *
 * @param {Variant} variant
 * @param {Verdict} verdict
 */
export function foreseen(variant, verdict) {
  const review = VERDICTS[verdict].to;
  return { ...variant, review, can: FLAGS[review](variant) };
}

// An answer that got lost, or a database that was busy: the same request is sent again after so
// many ms.
const AGAIN_AFTER = [1000, 3000];
const MAY_HAVE_ARRIVED = [0, 502, 503, 504];

/**
 * Send one verdict on many variants; refused ones come back with their reasons, never as an
 * exception. The request id is drawn once for the click, so that sending it again decides nothing
 * twice, and the versions say what was on the screen: what somebody else decided meanwhile is not
 * overruled unseen.
 *
 * @param {readonly Variant[]} targets
 * @param {Verdict} verdict
 */
export async function sendVerdict(targets, verdict, comment = "") {
  const variants = targets.map((v) => v.id);
  const versions = Object.fromEntries(targets.map((v) => [v.id, v.version]));
  const asked = { variants, verdict, comment, versions, request_id: drawId() };
  for (let tries = 0; ; tries += 1) {
    try {
      return await post("/decisions", asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const wait = AGAIN_AFTER[tries];
      if (!wait || !MAY_HAVE_ARRIVED.includes(error.status)) return refusedAll(variants, error);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/**
 * @param {readonly number[]} variants
 * @param {Refusal} refusal
 * @returns {DecisionsBody}
 */
function refusedAll(variants, { status, kind, message, hint }) {
  const unsure =
    status === 0 ? "Check the connection and reload the page: it shows what was recorded." : hint;
  return {
    decided: [],
    refused: variants.map((variant) => ({
      variant,
      kind,
      error: message,
      hint: unsure,
    })),
  };
}

// crypto.randomUUID is missing on plain http outside this machine.
function drawId() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

/** The verdicts in the order of their table. */
export const verdictEntries = () =>
  /** @type {[Verdict, VerdictKind][]} */ (Object.entries(VERDICTS));
