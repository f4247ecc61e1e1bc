// What can be said about variants, as one table: key, words, and what it does to a variant at once.
// The server decides; the table only lets the page show the likely outcome without waiting.

import { Refusal, post } from "./api.js";

export const REVIEW = {
  new: { label: "Not submitted", kind: "", symbol: "image" },
  pending: { label: "In review", kind: "accent", symbol: "clock" },
  approved: { label: "Approved", kind: "good", symbol: "check" },
  rejected: { label: "Rejected", kind: "bad", symbol: "close" },
  changes_requested: { label: "Changes requested", kind: "warn", symbol: "changes" },
};

export const VERDICTS = {
  approve: { key: "A", label: "Approve", done: "Approved", can: "decide", to: "approved", kind: "good", symbol: "check" },
  reject: { key: "R", label: "Reject", done: "Rejected", can: "decide", to: "rejected", kind: "bad", symbol: "close", asks: true },
  request_changes: { key: "C", label: "Request changes", done: "Changes requested for", can: "decide", to: "changes_requested", kind: "", symbol: "changes", asks: true },
  submit: { key: "S", label: "Submit for review", done: "Submitted", can: "submit", to: "pending", kind: "primary", symbol: "send" },
  withdraw: { key: "W", label: "Withdraw", done: "Withdrew", can: "withdraw", to: "new", kind: "", symbol: "undo" },
  reopen: { key: "O", label: "Reopen", done: "Reopened", can: "reopen", to: "pending", kind: "", symbol: "undo" },
};

export const UNDO = { approve: "reopen", reject: "reopen", request_changes: "reopen", submit: "withdraw" };

const FLAGS = {
  approved: (was) => ({ ...was.can, decide: false, reopen: was.can.decide }),
  rejected: (was) => ({ ...was.can, decide: false, reopen: was.can.decide }),
  changes_requested: (was) => ({ ...was.can, decide: false, reopen: was.can.decide }),
  pending: (was) => ({ submit: false, withdraw: was.can.submit, decide: was.can.reopen, reopen: false }),
  new: (was) => ({ submit: was.can.withdraw, withdraw: false, decide: false, reopen: false }),
};

/** The variant as it will most likely stand after the verdict. */
export function foreseen(variant, verdict) {
  const review = VERDICTS[verdict].to;
  return { ...variant, review, can: FLAGS[review](variant) };
}

/** Send one verdict on many variants; refused ones come back with their reasons, never as an exception. */
export async function sendVerdict(ids, verdict, comment = "") {
  try {
    return await post("/decisions", { variants: ids, verdict, comment });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      decided: [],
      refused: ids.map((variant) => ({ variant, error: error.message, hint: error.hint })),
    };
  }
}
