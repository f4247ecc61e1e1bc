"""Do pictures show what was asked? Text alone, with layouts, as drafts; judged, never by hand."""

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from brandstudio.domain.layout import Layout
from brandstudio.imaging.scorers.pixels import copy_space_quiet
from house_model.evaluation.held_out import (
    Task,
    any_scenes,
    layout_scenes,
    position_of,
    scenes_of_every_look,
    tasks_of,
)
from house_model.evaluation.metrics import frechet_distance, iou
from house_model.evaluation.setup import Findings, Setup
from house_model.evaluation.sheets import sheet, squares
from house_model.scenes.looks import NATURAL
from house_model.scenes.scene import Scene, render
from house_model.training.judge import Opinion, box_of

Picture = NDArray[Any]
# How many times as busy as the copy space the rest of a picture must be.
QUIETER = 1.0
_FACTORS = (1.0, 1.25, 1.5, 2.0)
_RULER_SCENES = 600


def ruler(setup: Setup) -> Findings:
    """The judge's own error, on clean pictures that nobody trained on, of every look."""
    scenes = scenes_of_every_look("ruler", _RULER_SCENES)
    opinions = setup.judge.look([render(scene) for scene in scenes])
    natural = [index for index, scene in enumerate(scenes) if scene.look is NATURAL]
    figures = {
        **agreement(opinions, scenes),
        "natural": agreement([opinions[i] for i in natural], [scenes[i] for i in natural]),
    }
    return Findings(figures, len(scenes))


def text(setup: Setup) -> Findings:
    """What the words alone do: no ControlNet, captions that name product, setting, position."""
    tasks = text_tasks(setup)
    pictures = setup.drawers.draw(replace(setup.final, with_layout=False), tasks, "text alone")
    return _judged(setup, tasks, pictures, "text-alone")


def layouts(setup: Setup) -> Findings:
    """With the shipped layouts' control drawings, in turn."""
    tasks = layout_tasks(setup)
    pictures = setup.drawers.draw(setup.final, tasks, "with layouts")
    return _judged(setup, tasks, pictures, "with-layouts")


def copy_space(setup: Setup) -> Findings:
    """Whether the shipped layouts' copy spaces come out quiet, in the pictures of `layouts`.

    `brandstudio.imaging.scorers.pixels.copy_space_quiet` of each picture, by which the studio
    ranks too: at each pixel the luminance gradient's length plus the standard deviation in the 5 by
    5 pixels around it, averaged over the copy space (box) and over the rest of the picture;
    1 - box / (box + rest + 0.008). A picture passes when the rest, with that allowance, is at least
    QUIETER times as busy as the copy space. `share_by_factor` has the shares for other factors.
    """
    tasks = layout_tasks(setup)
    pictures = setup.drawers.draw(setup.final, tasks, "with layouts")
    renders = [render(task.scene) for task in tasks[: setup.prompts]]
    figures: dict[str, Any] = {"factor": QUIETER, **_quiet_figures(setup, tasks, pictures)}
    figures["renders"] = _quiet_figures(setup, tasks[: setup.prompts], renders)
    return Findings(figures, len(pictures))


def drafts(setup: Setup) -> Findings:
    """Drafts beside finals of the same noise: how much less they follow."""
    figures: dict[str, Any] = {
        "steps": setup.draft.steps,
        "guidance": setup.draft.guidance,
        "draft_lora": setup.draft.draft_lora is not None,
    }
    sheets: dict[str, Image.Image] = {}
    for name, with_layout, tasks in (
        ("text", False, text_tasks(setup)),
        ("layouts", True, layout_tasks(setup)),
    ):
        both = _draft_and_final(setup, name, tasks[: setup.prompts], with_layout=with_layout)
        scenes = [task.scene for task in tasks[: setup.prompts]]
        figures[name] = {
            kind: _followed(setup.judge.look(pictures), scenes) for kind, pictures in both.items()
        }
        if rows := [row for pictures in both.values() for row in squares(pictures, 8)]:
            sheets[f"draft-above-final-{name}"] = sheet(rows, len(rows) // len(both))
    figures["lost"] = _most_lost(figures["text"])
    return Findings(figures, 4 * setup.prompts, sheets)


def likeness(setup: Setup) -> Findings:
    """Fréchet distance of the judge's features: drawn pictures against renders of their scenes.

    `floor` is the distance between renders of these scenes and as many renders of other scenes.
    Another judge, or another number of pictures, gives other distances.
    """
    others = any_scenes("likeness", setup.prompts * setup.seeds)
    reference = setup.judge.features([render(scene) for scene in others])
    figures: dict[str, Any] = {}
    for name, with_layout, tasks in (
        ("text", False, text_tasks(setup)),
        ("layouts", True, layout_tasks(setup)),
    ):
        pictures = setup.drawers.draw(
            replace(setup.final, with_layout=with_layout), tasks, f"{name}, likeness"
        )
        renders = setup.judge.features([render(scene) for scene in _own_scenes(tasks)])
        figures[name] = round(frechet_distance(setup.judge.features(pictures), renders), 2)
        if not with_layout:
            figures["floor"] = round(frechet_distance(reference, renders), 2)
    return Findings(figures | {"pictures_each": len(others)}, 2 * len(others))


def text_tasks(setup: Setup) -> list[Task]:
    return tasks_of(any_scenes("text", setup.prompts), setup.seeds)


def layout_tasks(setup: Setup) -> list[Task]:
    return tasks_of(layout_scenes(setup.layouts, setup.prompts), setup.seeds)


def agreement(opinions: Sequence[Opinion], scenes: Sequence[Scene]) -> dict[str, float]:
    """Shares of right names and positions, 0..1, and how well boxes overlap the scenes'."""
    overlaps = [iou(o.box, box_of(s)) for o, s in zip(opinions, scenes, strict=True)]
    return _followed(opinions, scenes) | {
        "mean_iou": round(statistics.fmean(overlaps), 3),
        "share_iou_above_half": _share(overlap > 0.5 for overlap in overlaps),
    }


def _judged(
    setup: Setup, tasks: Sequence[Task], pictures: Sequence[Picture], name: str
) -> Findings:
    opinions, scenes = setup.judge.look(pictures), [task.scene for task in tasks]
    figures: dict[str, Any] = dict(agreement(opinions, scenes))
    figures["by_size"] = _by(lambda scene: scene.size, opinions, scenes, agreement)
    for factor in ("product", "colour", "setting"):
        figures[f"by_{factor}"] = {
            value: found[factor]
            for value, found in _by(_value_of(factor), opinions, scenes, _followed).items()
        }
    sheets = {name: sheet(chosen, 8)} if (chosen := squares(pictures)) else {}
    return Findings(figures, len(pictures), sheets)


def _followed(opinions: Sequence[Opinion], scenes: Sequence[Scene]) -> dict[str, float]:
    pairs = list(zip(opinions, scenes, strict=True))
    return {
        "product": _share(o.product == s.product for o, s in pairs),
        "colour": _share(o.colour == s.colour for o, s in pairs),
        "setting": _share(o.setting == s.setting for o, s in pairs),
        "position": _share(position_of(o.box) == s.position for o, s in pairs),
    }


def _by(
    group_of: Callable[[Scene], str],
    opinions: Sequence[Opinion],
    scenes: Sequence[Scene],
    measure: Callable[[Sequence[Opinion], Sequence[Scene]], dict[str, float]],
) -> dict[str, dict[str, float]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for index, scene in enumerate(scenes):
        groups[group_of(scene)].append(index)
    return {
        name: measure([opinions[i] for i in places], [scenes[i] for i in places])
        for name, places in sorted(groups.items())
    }


def _value_of(factor: str) -> Callable[[Scene], str]:
    return lambda scene: getattr(scene, factor)


def _quiet_figures(
    setup: Setup, tasks: Sequence[Task], pictures: Sequence[Picture]
) -> dict[str, Any]:
    """Shares of quiet copy spaces: of all, by factor, by layout and by setting."""
    layout_of = [_layout_of(setup, index) for index in range(len(tasks))]
    quiet = [
        copy_space_quiet(Image.fromarray(picture), layout.copy_space)
        for picture, layout in zip(pictures, layout_of, strict=True)
    ]
    passed = [value >= _passing(QUIETER) for value in quiet]
    return {
        "share_quiet": _share(passed),
        "mean": round(statistics.fmean(quiet), 3),
        "share_by_factor": {
            f"{factor:g}": _share(value >= _passing(factor) for value in quiet)
            for factor in _FACTORS
        },
        "by_layout": _shares_by([layout.slug for layout in layout_of], passed),
        "by_setting": _shares_by([task.scene.setting for task in tasks], passed),
    }


def _passing(factor: float) -> float:
    """What copy_space_quiet says where the rest is `factor` times as busy as the copy space."""
    return factor / (factor + 1)


def _shares_by(names: Sequence[str], passed: Sequence[bool]) -> dict[str, float]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for name, is_passed in zip(names, passed, strict=True):
        groups[name].append(is_passed)
    return {name: _share(answers) for name, answers in sorted(groups.items())}


def _layout_of(setup: Setup, index: int) -> Layout:
    return setup.layouts[index % setup.prompts % len(setup.layouts)]


def _own_scenes(tasks: Sequence[Task]) -> list[Scene]:
    """The tasks' scenes, with other decorations where a scene occurs again."""
    return [replace(task.scene, seed=task.seed) for task in tasks]


def _draft_and_final(
    setup: Setup, name: str, tasks: Sequence[Task], *, with_layout: bool
) -> dict[str, list[Picture]]:
    styles = {"draft": setup.draft, "final": setup.final}
    return {
        kind: setup.drawers.draw(replace(style, with_layout=with_layout), tasks, f"{name}, {kind}")
        for kind, style in styles.items()
    }


def _most_lost(figures: dict[str, dict[str, float]]) -> float:
    """How much lower drafts are than finals, at the factor where they lose most."""
    draft, final = figures["draft"], figures["final"]
    return round(max(final[name] - draft[name] for name in final), 3)


def _share(answers: Any) -> float:
    return round(float(np.mean(list(answers))), 4)
