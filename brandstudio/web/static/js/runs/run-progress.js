// @ts-check
// <run-progress run="12">: how far a run is, live; survives reloads because it only reads.
//
// For tests: role="progressbar" with aria-valuenow in percent; [data-status]; buttons "Pause",
// "Resume", "Cancel run", "Start again". Dispatches `run-moved` and `run-finished` (they bubble;
// detail: the progress).

import { changeRun, getRun } from "../shared/api.js";
import { StudioElement, button, countOf, define, h, roughly } from "../shared/dom.js";
import { toastRefusal } from "../shared/toast.js";

/** @import { Progress, Run } from "studio" */

class RunProgress extends StudioElement {
  /** @type {number} */
  run;
  /** @type {HTMLElement} */
  heading;
  /** @type {HTMLSpanElement} */
  detail;
  /** @type {HTMLElement} */
  fill;
  /** @type {HTMLDivElement} */
  meter;
  /** @type {HTMLDivElement} */
  actions;
  /** @type {EventSource} */
  stream;
  /** @type {number} */
  next;
  /** @type {string} */
  told;
  /** @type {string | null} */
  shownAction;
  /** @type {boolean} */
  finished;

  build() {
    this.run = Number(this.getAttribute("run"));
    this.heading = h("strong", {});
    this.detail = h("span", { class: "bs-quiet", role: "status" });
    this.fill = h("i", {});
    this.meter = h(
      "div",
      {
        class: "bs-meter",
        role: "progressbar",
        "aria-label": "Progress",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
      },
      this.fill,
    );
    this.actions = h("div", { class: "bs-head-actions" });
    this.append(
      h(
        "div",
        { class: "bs-progress bs-card" },
        h(
          "div",
          { class: "bs-progress-head" },
          h("div", { class: "bs-progress-text" }, this.heading, this.detail),
          this.actions,
        ),
        this.meter,
      ),
    );
    this.listen();
  }

  disconnectedCallback() {
    this.stream?.close();
    clearTimeout(this.next);
  }

  listen() {
    this.stream?.close();
    this.stream = new EventSource(`/api/v1/runs/${this.run}/events`);
    const take = (/** @type {MessageEvent<string>} */ event) => this.show(JSON.parse(event.data));
    this.stream.addEventListener("progress", take);
    this.stream.addEventListener("message", take);
    this.stream.addEventListener("failure", (event) => this.lost(JSON.parse(event.data).error));
    this.stream.addEventListener("error", () => this.ask());
  }

  /** Without a stream (a proxy may cut it, too many may be open) the page asks now and then. */
  ask() {
    clearTimeout(this.next);
    this.next = setTimeout(async () => {
      const run = await getRun(this.run).catch(() => /** @type {Run} */ (null));
      if (run) this.show(run.progress);
      // A stream that was cut comes back by itself; one that was refused does not.
      if (!this.finished && this.isConnected && this.stream.readyState === EventSource.CLOSED) {
        this.listen();
      }
    }, 3000);
  }

  /** @param {{ message: string, hint?: string }} error */
  lost(error) {
    this.stream.close();
    this.detail.textContent = `${error.message}. ${error.hint ?? ""}`;
  }

  /** @param {Progress} progress */
  show(progress) {
    const { status } = progress;
    const share = progress.steps_total ? (100 * progress.steps_done) / progress.steps_total : 0;
    const percent = status === "succeeded" ? 100 : Math.round(share);
    this.dataset.status = status;
    this.fill.style.width = `${percent}%`;
    this.meter.setAttribute("aria-valuenow", String(percent));
    const [title, detail] = words(progress);
    this.heading.textContent = title;
    this.detail.textContent = detail;
    this.showAction(progress);
    this.tell(progress);
    if (["succeeded", "failed", "cancelled"].includes(status)) this.finish(progress);
  }

  /**
   * Let the page around follow: another status, or more images.
   *
   * @param {Progress} progress
   */
  tell(progress) {
    const now = `${progress.status} ${progress.paused} ${progress.drawn}`;
    if (now === this.told) return;
    this.told = now;
    this.dispatchEvent(new CustomEvent("run-moved", { bubbles: true, detail: progress }));
  }

  /** @param {Progress} progress */
  showAction({ status, paused }) {
    const now = `${status} ${paused}`;
    if (this.shownAction === now) return;
    this.shownAction = now;
    const unfinished = ["queued", "running"].includes(status);
    this.actions.replaceChildren(
      ...(unfinished && !paused
        ? [
            button("Pause", {
              symbol: "clock",
              onclick: (/** @type {MouseEvent} */ e) => this.act(e, "pause"),
            }),
          ]
        : []),
      ...(unfinished && paused
        ? [
            button("Resume", {
              symbol: "retry",
              onclick: (/** @type {MouseEvent} */ e) => this.act(e, "resume"),
            }),
          ]
        : []),
      ...(unfinished
        ? [
            button("Cancel run", {
              symbol: "stop",
              kind: "bad",
              onclick: (/** @type {MouseEvent} */ e) => this.act(e, "cancel"),
            }),
          ]
        : []),
      ...(["failed", "cancelled"].includes(status)
        ? [
            button("Start again", {
              symbol: "retry",
              onclick: (/** @type {MouseEvent} */ e) => this.act(e, "retry"),
            }),
          ]
        : []),
    );
  }

  /**
   * @param {Event} event
   * @param {"cancel" | "resume" | "pause" | "retry"} what
   */
  async act(event, what) {
    /** @type {HTMLButtonElement} */ (event.currentTarget).disabled = true;
    try {
      const run = await changeRun(this.run, what);
      this.shownAction = null;
      this.finished = false;
      this.show(run.progress);
      if (what === "retry") this.listen();
    } catch (error) {
      toastRefusal(error);
      this.shownAction = null;
    }
  }

  /** @param {Progress} progress */
  finish(progress) {
    this.stream?.close();
    clearTimeout(this.next);
    if (this.finished) return;
    this.finished = true;
    this.dispatchEvent(new CustomEvent("run-finished", { bubbles: true, detail: progress }));
  }
}

/**
 * Two lines for people: what is going on, and the figures behind it.
 *
 * @param {Progress} progress
 */
function words(progress) {
  const { status, paused, generator, drawn, total } = progress;
  const images = `${drawn} of ${countOf(total, "image")} drawn`;
  if (paused && status in WHILE_PAUSED) return WHILE_PAUSED[status](images);
  if (generator && status in WHILE_GOING) return ["Waiting", `${generator} ${images}.`];
  return (WHILE_GOING[status] ?? AT_THE_END[status] ?? AT_THE_END.failed)(images, progress);
}

/** @type {Record<string, (images: string) => [string, string]>} */
const WHILE_PAUSED = {
  queued: (images) => ["Paused", `${images}. It goes on when somebody resumes it.`],
  running: (images) => ["Pausing", `${images}. The images being drawn now are finished first.`],
};

/** @typedef {(images: string, progress: Progress) => [string, string]} Sentence for people */

/** @type {Record<string, Sentence>} */
const WHILE_GOING = {
  queued: (_, progress) => ["Waiting for its turn", turn(progress)],
  running: (images, { drawn, total, remaining_s: left }) =>
    drawn === total
      ? ["Ranking", `${images}. The scores decide the order.`]
      : ["Drawing", `${images}${timeLeft(left)}. You can close this page; the run goes on.`],
};

/** @type {Record<string, Sentence>} */
const AT_THE_END = {
  succeeded: (images) => ["Finished", images],
  cancelled: (images) => ["Cancelled", `${images}; what is drawn stays.`],
  failed: (images) => ["Failed", `${images}; what is drawn stays.`],
};

/** @param {Progress} progress */
function turn({ queue_position: place, remaining_s: left }) {
  if (place > 1) return `${countOf(place - 1, "run")} before this one${timeLeft(left)}`;
  return "It is next. You can close this page; the run goes on.";
}

/** @param {number | null} seconds */
const timeLeft = (seconds) => (Number.isFinite(seconds) ? ` · ${roughly(seconds)} left` : "");

define("run-progress", RunProgress);
