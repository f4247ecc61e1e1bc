// <run-progress run="12">: how far a run is, live; survives reloads because it only reads.
//
// For tests: role="progressbar" with aria-valuenow in percent; [data-status]; buttons "Pause", "Resume", "Cancel run", "Start again".
// Dispatches `run-moved` and `run-finished` (they bubble; detail: the progress).

import { changeRun, getRun } from "./api.js";
import { StudioElement, button, countOf, define, h, roughly } from "./dom.js";
import { toastRefusal } from "./toast.js";

class RunProgress extends StudioElement {
  build() {
    this.run = this.getAttribute("run");
    this.heading = h("strong", {});
    this.detail = h("span", { class: "bs-quiet", role: "status" });
    this.fill = h("i", {});
    this.meter = h("div", { class: "bs-meter", role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, this.fill);
    this.actions = h("div", { class: "bs-head-actions" });
    this.append(
      h(
        "div",
        { class: "bs-progress bs-card" },
        h("div", { class: "bs-progress-head" }, h("div", { class: "bs-progress-text" }, this.heading, this.detail), this.actions),
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
    const take = (event) => this.show(JSON.parse(event.data));
    this.stream.addEventListener("progress", take);
    this.stream.addEventListener("message", take);
    this.stream.addEventListener("failure", (event) => this.lost(JSON.parse(event.data).error));
    this.stream.addEventListener("error", () => this.ask());
  }

  /** Without a stream (a proxy may cut it, too many may be open) the page asks now and then. */
  ask() {
    clearTimeout(this.next);
    this.next = setTimeout(async () => {
      const run = await getRun(this.run).catch(() => null);
      if (run) this.show(run.progress);
      // A stream that was cut comes back by itself; one that was refused does not.
      if (!this.finished && this.isConnected && this.stream.readyState === EventSource.CLOSED) this.listen();
    }, 3000);
  }

  lost(error) {
    this.stream.close();
    this.detail.textContent = `${error.message}. ${error.hint ?? ""}`;
  }

  show(progress) {
    const { status } = progress;
    const share = progress.steps_total ? (100 * progress.steps_done) / progress.steps_total : 0;
    const percent = status === "succeeded" ? 100 : Math.round(share);
    this.dataset.status = status;
    this.fill.style.width = `${percent}%`;
    this.meter.setAttribute("aria-valuenow", percent);
    const [title, detail] = words(progress);
    this.heading.textContent = title;
    this.detail.textContent = detail;
    this.showAction(progress);
    this.tell(progress);
    if (["succeeded", "failed", "cancelled"].includes(status)) this.finish(progress);
  }

  /** Let the page around follow: another status, or more images. */
  tell(progress) {
    const now = `${progress.status} ${progress.paused} ${progress.drawn}`;
    if (now === this.told) return;
    this.told = now;
    this.dispatchEvent(new CustomEvent("run-moved", { bubbles: true, detail: progress }));
  }

  showAction({ status, paused }) {
    const now = `${status} ${paused}`;
    if (this.shownAction === now) return;
    this.shownAction = now;
    const unfinished = ["queued", "running"].includes(status);
    this.actions.replaceChildren(
      ...(unfinished && !paused ? [button("Pause", { symbol: "clock", onclick: (e) => this.act(e, "pause") })] : []),
      ...(unfinished && paused ? [button("Resume", { symbol: "retry", onclick: (e) => this.act(e, "resume") })] : []),
      ...(unfinished ? [button("Cancel run", { symbol: "stop", kind: "bad", onclick: (e) => this.act(e, "cancel") })] : []),
      ...(["failed", "cancelled"].includes(status) ? [button("Start again", { symbol: "retry", onclick: (e) => this.act(e, "retry") })] : []),
    );
  }

  async act(event, what) {
    event.currentTarget.disabled = true;
    try {
      const run = await changeRun(this.run, what);
      this.shownAction = this.finished = null;
      this.show(run.progress);
      if (what === "retry") this.listen();
    } catch (error) {
      toastRefusal(error);
      this.shownAction = null;
    }
  }

  finish(progress) {
    this.stream?.close();
    clearTimeout(this.next);
    if (this.finished) return;
    this.finished = true;
    this.dispatchEvent(new CustomEvent("run-finished", { bubbles: true, detail: progress }));
  }
}

/** Two lines for people: what is going on, and the figures behind it. */
function words({ status, paused, generator, drawn, total, queue_position: place, remaining_s: left }) {
  const images = `${drawn} of ${countOf(total, "image")} drawn`;
  if (paused && status === "queued") return ["Paused", `${images}. It goes on when somebody resumes it.`];
  if (paused && status === "running") return ["Pausing", `${images}. The images being drawn now are finished first.`];
  if (generator && ["queued", "running"].includes(status)) return ["Waiting", `${generator} ${images}.`];
  const time = left === null || left === undefined ? "" : ` · ${roughly(left)} left`;
  switch (status) {
    case "queued":
      return ["Waiting for its turn", place > 1 ? `${countOf(place - 1, "run")} before this one${time && ` ·${time.slice(2)}`}` : "It is next. You can close this page; the run goes on."];
    case "running":
      if (drawn === total) return ["Ranking", `${images}. The scores decide the order.`];
      return ["Drawing", `${images}${time}. You can close this page; the run goes on.`];
    case "succeeded":
      return ["Finished", images];
    case "cancelled":
      return ["Cancelled", `${images}; what is drawn stays.`];
    default:
      return ["Failed", `${images}; what is drawn stays.`];
  }
}

define("run-progress", RunProgress);
