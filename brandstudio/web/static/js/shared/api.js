// @ts-check
// Talks to the studio's REST routes with the session cookie.

import { signedOut } from "./signed-out.js";

/** @import { CatalogueBody, Failure, ProblemBody, RunBody, TemplateBody } from "rest-api" */
/** @import { UploadBody } from "rest-api" */
/** @import { Catalogue, Run } from "studio" */

const BASE = "/api/v1";

/** An answer of the studio that says no: what happened, what to do, and which fields are wrong. */
export class Refusal extends Error {
  /** @type {number} */
  status;

  /** @type {string} */
  kind;

  /** @type {string} */
  hint;

  /** @type {ProblemBody[]} */
  problems;

  /**
   * @param {number} status
   * @param {Partial<Failure> & { message: string }} failure
   */
  constructor(status, { kind = "unexpected", message, hint = "", reference = "", problems = [] }) {
    super(message);
    const quotable =
      reference && !message.includes(reference) ? `${hint} Reference ${reference}.` : hint;
    this.status = status;
    this.kind = kind;
    this.hint = quotable;
    this.problems = problems;
  }
}

/** @param {Response} response */
async function refusalOf(response) {
  return refusalFrom(
    response.status,
    await response.json().catch(() => /** @type {unknown} */ (null)),
  );
}

/**
 * @param {number} status
 * @param {any} body
 */
function refusalFrom(status, body) {
  const plain = {
    message: "The studio did not answer as expected",
    hint: "Reload the page and try again.",
  };
  return new Refusal(status, { ...plain, ...body?.error });
}

const offline = () =>
  new Refusal(0, {
    kind: "offline",
    message: "The studio cannot be reached",
    hint: "Check the connection; nothing was changed.",
  });

/**
 * @param {string} path
 * @param {RequestInit & { headers?: Record<string, string> }} [options]
 * @returns {Promise<any>} the body, whose type whoever asks knows
 */
async function request(path, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  let response;
  try {
    response = await fetch(BASE + path, { credentials: "same-origin", ...options, headers });
  } catch {
    throw offline();
  }
  if (response.status === 401) signedOut();
  if (!response.ok) throw await refusalOf(response);
  return response.status === 204 ? null : response.json();
}

/** @param {string} path */
export const get = (path) => request(path);

/**
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 */
export function post(path, body = {}, headers = {}) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/**
 * Upload an image; `onProgress` hears which share has been sent. XMLHttpRequest, because fetch does
 * not tell.
 *
 * @param {File} file
 * @param {string} name
 * @param {{ signal: AbortSignal, onProgress: (share: number) => unknown }} sending
 * @returns {Promise<UploadBody>}
 */
export function upload(file, name, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", `${BASE}/uploads?name=${encodeURIComponent(name)}`);
    asked.responseType = "json";
    asked.setRequestHeader("Accept", "application/json");
    asked.setRequestHeader("Content-Type", file.type);
    asked.upload.addEventListener(
      "progress",
      (event) => event.lengthComputable && onProgress(event.loaded / event.total),
    );
    asked.addEventListener("load", () => {
      if (asked.status === 401) signedOut();
      if (asked.status === 201) resolve(asked.response);
      else reject(refusalFrom(asked.status, asked.response));
    });
    asked.addEventListener("error", () => reject(offline()));
    asked.addEventListener("abort", () => reject(offline()));
    signal.addEventListener("abort", () => asked.abort());
    asked.send(file);
  });
}

/**
 * Take back an upload that no brief needs; if this gets lost the studio forgets it by itself after
 * a day.
 *
 * @param {number} id
 */
export const dropUpload = (id) =>
  remove(`/uploads/${id}`).catch(() => /** @type {unknown} */ (null));

/**
 * @param {string} path
 * @param {unknown} body
 */
export function put(path, body) {
  return request(path, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

/** @param {string} path */
export const remove = (path) => request(path, { method: "DELETE" });

const UNFINISHED = ["queued", "running"];

/**
 * A run as the pages read it: the brief's parts beside the run's own, and its progress as one
 * value.
 *
 * @param {RunBody} run
 * @returns {Run}
 */
function asRun(run) {
  return {
    ...run.brief,
    ...run,
    reviews: run.review_counts,
    progress: {
      status: run.status,
      paused: run.paused,
      drawn: run.drawn_count,
      total: run.variant_count,
      steps_done: run.steps_done,
      steps_total: run.steps_total,
      queue_position: run.queue_position,
      remaining_s: run.remaining_s,
      finished: !UNFINISHED.includes(run.status),
    },
  };
}

/** @param {number} id */
export const getRun = async (id) => asRun(await get(`/runs/${id}`));

/**
 * A page of runs: { runs, next_before }.
 *
 * @param {URLSearchParams} asked
 * @returns {Promise<{ runs: Run[], next_before: number | null }>}
 */
export async function getRuns(asked) {
  const answer = await get(`/runs?${asked}`);
  return { ...answer, runs: answer.runs.map(asRun) };
}

/**
 * Cancel a run or start it again; the run as it stands then.
 *
 * @param {number} id
 * @param {"cancel" | "resume" | "pause" | "retry" | "redraw"} what
 */
export const changeRun = async (id, what) => asRun(await post(`/runs/${id}/${what}`));

/** @type {Promise<Catalogue> | undefined} */
let loading;

/** Brands, templates, layouts and placements; asked for once per page. */
export function loadCatalogue() {
  loading ??= get("/catalogue")
    .then(indexed)
    .catch((error) => {
      loading = undefined;
      throw error;
    });
  return loading;
}

/**
 * @param {CatalogueBody} answer
 * @returns {Catalogue}
 */
function indexed(answer) {
  return {
    brands: bySlug(answer.brands),
    templates: bySlug(answer.templates),
    layouts: bySlug(answer.layouts),
    placements: bySlug(answer.placements),
  };
}

/**
 * @template {{ slug: string }} T
 * @param {readonly T[]} members
 */
const bySlug = (members) => new Map(members.map((member) => [member.slug, member]));

/**
 * The words people know an answer by: { place: "desert" } of a template → [["Place", "Desert"]].
 *
 * @param {TemplateBody | undefined} template
 * @param {Record<string, string> | undefined} answers
 * @returns {[label: string, value: string][]}
 */
export function inLabels(template, answers) {
  return Object.entries(answers ?? {}).map(([name, value]) => {
    const field = template?.fields?.find((f) => f.name === name);
    const choice = field?.choices?.find((c) => c.value === value);
    return [field?.label ?? name, choice?.label ?? value];
  });
}

/**
 * An arm as people say it: "Dawn · Podium", or "Baseline".
 *
 * @param {TemplateBody | undefined} template
 * @param {Record<string, string>} levels
 */
export function armTitle(template, levels) {
  return (
    inLabels(template, levels)
      .map(([, value]) => value)
      .join(" · ") || "Baseline"
  );
}

/**
 * What a run is called: its campaign, or its template and number.
 *
 * @param {Pick<Run, "id" | "name" | "template">} run
 * @param {Catalogue} catalogue
 */
export function runName(run, catalogue) {
  return run.name || `${catalogue.templates.get(run.template)?.title ?? run.template} #${run.id}`;
}
