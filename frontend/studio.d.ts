// Types of the scripts that are not bodies of the REST API; those are in rest-api.d.ts.

import type { BrandBody, Brief, LayoutBody, Placement, RunBody, RunStatus } from "rest-api";
import type { TemplateBody, UploadBody, VariantBody } from "rest-api";

/** What h() takes as children: nodes and texts at any depth; nothing where there is nothing. */
export type Child = Node | string | number | false | null | undefined | readonly Child[];

type Handlers = {
  [K in keyof GlobalEventHandlersEventMap as `on${K}`]?: (
    event: GlobalEventHandlersEventMap[K] & { target: any },
  ) => unknown;
};

/** Attributes and listeners of an element; `undefined`, `null` and `false` leave one out. */
export type Attributes = Handlers & { style?: Record<string, string | number> } & {
  [name: string]: unknown;
};

/** A button's looks: symbol, kind, shortcut, and any attribute. */
export type ButtonLook = Attributes & { symbol?: string; kind?: string; key?: string };

/** [value, text] of a select. */
export type Option = readonly [value: string, text: string];

/** The catalogue by slug. */
export interface Catalogue {
  brands: Map<string, BrandBody>;
  templates: Map<string, TemplateBody>;
  layouts: Map<string, LayoutBody>;
  placements: Map<string, Placement>;
}

/** How far a run is, as the progress stream says it, too. */
export interface Progress {
  status: RunStatus;
  paused: boolean;
  drawn: number;
  total: number;
  steps_done: number;
  steps_total: number;
  queue_position: number;
  remaining_s: number | null;
  finished: boolean;
  generator?: string;
}

/** A run as the pages read it: the brief's parts beside the run's own. */
export type Run = Omit<Brief, "references"> &
  RunBody & { reviews: RunBody["review_counts"]; progress: Progress };

/** A variant with the name the grid gives it. */
export type Variant = VariantBody & { name?: string; fresh?: boolean };

/** A kind of score, as the page's attribute `scores` describes it. */
export interface ScoreKind {
  name: string;
  title: string;
  unit: string;
  meaning: string;
  higher: boolean;
}

/** An attached image, as far as it is shown. */
export type Reference = Pick<UploadBody, "id" | "name" | "image" | "width_px" | "height_px">;

/** [label, press] of a message's button. */
export type Action = readonly [label: string, press: () => unknown];

/** An entry of a menu; null is a line. */
export type MenuEntry = null | {
  label: string;
  press: () => unknown;
  checked?: boolean;
  kind?: string;
  symbol?: string;
};

/** [title, [keys, meaning] …] of the shortcuts' dialog. */
export type ShortcutGroup = readonly [string, readonly (readonly [readonly string[], string])[]];

declare global {
  interface Window {
    gradio_config: unknown;
    gradio_api_info: unknown;
    __gradio_mode__: string;
  }

  // The pages' elements are HTML; of SVG there are drawings, which nobody looks for.
  interface ParentNode {
    querySelector<K extends keyof HTMLElementTagNameMap>(tag: K): HTMLElementTagNameMap[K] | null;
    querySelector(selectors: string): HTMLElement | null;
    querySelectorAll<K extends keyof HTMLElementTagNameMap>(
      tag: K,
    ): NodeListOf<HTMLElementTagNameMap[K]>;
    querySelectorAll(selectors: string): NodeListOf<HTMLElement>;
  }

  interface Element {
    closest(selectors: string): HTMLElement | null;
  }

  interface WindowEventMap {
    "studio:brand": CustomEvent<string>;
    "studio:waiting": CustomEvent<number>;
  }

  interface HTMLElementEventMap {
    "run-moved": CustomEvent<Progress>;
    "run-finished": CustomEvent<Progress>;
  }
}
