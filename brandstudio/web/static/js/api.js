// Talks to the studio's REST routes with the session cookie.

import { signedOut } from "./signed-out.js";

const BASE = "/api/v1";

/** An answer of the studio that says no: what happened, what to do, and which fields are wrong. */
export class Refusal extends Error {
  constructor(status, { kind = "unexpected", message, hint = "", reference = "", problems = [] }) {
    super(message);
    const quotable = reference && !message.includes(reference) ? `${hint} Reference ${reference}.` : hint;
    Object.assign(this, { status, kind, hint: quotable, problems });
  }
}

async function refusalOf(response) {
  return refusalFrom(response.status, await response.json().catch(() => null));
}

function refusalFrom(status, body) {
  const plain = { message: "The studio did not answer as expected", hint: "Reload the page and try again." };
  return new Refusal(status, { ...plain, ...body?.error });
}

const offline = () =>
  new Refusal(0, { kind: "offline", message: "The studio cannot be reached", hint: "Check the connection; nothing was changed." });

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

export const get = (path) => request(path);

export function post(path, body = {}, headers = {}) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

/** Upload an image; `onProgress` hears which share has been sent. XMLHttpRequest, because fetch does not tell. */
export function upload(file, name, { signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("POST", `${BASE}/uploads?name=${encodeURIComponent(name)}`);
    asked.responseType = "json";
    asked.setRequestHeader("Accept", "application/json");
    asked.setRequestHeader("Content-Type", file.type);
    asked.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
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

/** Take back an upload that no brief needs; if this gets lost the studio forgets it by itself after a day. */
export const dropUpload = (id) => remove(`/uploads/${id}`).catch(() => null);

export function put(path, body) {
  return request(path, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

export const remove = (path) => request(path, { method: "DELETE" });

const UNFINISHED = ["queued", "running"];

/** A run as the pages read it: the brief's parts beside the run's own, and its progress as one value. */
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

export const getRun = async (id) => asRun(await get(`/runs/${id}`));

/** A page of runs: { runs, next_before }. */
export async function getRuns(asked) {
  const answer = await get(`/runs?${asked}`);
  return { ...answer, runs: answer.runs.map(asRun) };
}

/** Cancel a run or start it again; the run as it stands then. */
export const changeRun = async (id, what) => asRun(await post(`/runs/${id}/${what}`));

let catalogue;

/** Brands, templates, layouts and placements; asked for once per page. */
export function loadCatalogue() {
  catalogue ??= get("/catalogue").then(indexed).catch((error) => {
    catalogue = undefined;
    throw error;
  });
  return catalogue;
}

// The catalogue may list its members or key them by slug; pages look them up by slug.
function indexed(answer) {
  const bySlug = (members) =>
    new Map((Array.isArray(members) ? members : Object.values(members ?? {})).map((m) => [m.slug, m]));
  return {
    brands: bySlug(answer.brands),
    templates: bySlug(answer.templates),
    layouts: bySlug(answer.layouts),
    placements: bySlug(answer.placements),
  };
}

/** The words people know an answer by: { place: "desert" } of a template → [["Place", "Desert"]]. */
export function inLabels(template, answers) {
  return Object.entries(answers ?? {}).map(([name, value]) => {
    const field = template?.fields?.find((f) => f.name === name);
    const choice = field?.choices?.find((c) => c.value === value);
    return [field?.label ?? name, choice?.label ?? value];
  });
}

/** An arm as people say it: "Dawn · Podium", or "Baseline". */
export function armTitle(template, levels) {
  return inLabels(template, levels).map(([, value]) => value).join(" · ") || "Baseline";
}
