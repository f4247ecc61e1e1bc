"""Products that hold something: bottles, jars, boxes, bags of coffee."""

from house_model.scenes.geometry import Path, circle, ellipse, polygon, rect, round_rect, segment
from house_model.scenes.product_parts import Finish, Part, Tone, label, shine


def bottle(w: float, h: float) -> tuple[Part, ...]:
    r, neck = w / 2, w * 0.21
    body = (
        Path()
        .move(-r + 5, 0)
        .line((r - 5, 0))
        .quad((r, 0), (r, -5))
        .line((r, -h * 0.58))
        .cubic((r, -h * 0.71), (neck, -h * 0.71), (neck, -h * 0.82))
        .line((neck, -h * 0.9), (-neck, -h * 0.9), (-neck, -h * 0.82))
        .cubic((-neck, -h * 0.71), (-r, -h * 0.71), (-r, -h * 0.58))
        .line((-r, -5))
        .quad((-r, 0), (-r + 5, 0))
        .close()
    )
    return (
        Part(body, finish=Finish.ROUND),
        Part(round_rect(-neck * 1.24, -h, neck * 2.48, h * 0.115, 3), Tone.CAP, Finish.ROUND),
        *label(-r, -h * 0.5, w, h * 0.32),
        shine(-r + w * 0.17, -h * 0.6, w * 0.075, h * 0.5),
    )


def jar(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    return (
        Part(round_rect(-r, -h * 0.74, w, h * 0.74, h * 0.14), finish=Finish.ROUND),
        Part(round_rect(-r * 0.94, -h, w * 0.94, h * 0.29, 5), Tone.CAP, Finish.ROUND),
        *label(-r, -h * 0.56, w, h * 0.38),
        shine(-r + w * 0.13, -h * 0.64, w * 0.055, h * 0.52),
    )


def can(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    shell = polygon(
        (-r * 0.8, -h * 0.98), (r * 0.8, -h * 0.98), (r, -h * 0.9), (r, -h * 0.08),
        (r * 0.8, 0), (-r * 0.8, 0), (-r, -h * 0.08), (-r, -h * 0.9),
    )  # fmt: skip
    return (
        Part(shell, Tone.METAL, Finish.ROUND),
        Part(rect(-r, -h * 0.9, w, h * 0.82), finish=Finish.ROUND),
        Part(ellipse(0, -h * 0.97, r * 0.8, h * 0.03), Tone.METAL, Finish.ROUND, shade=0.3),
        *label(-r, -h * 0.7, w, h * 0.42),
        shine(-r + w * 0.18, -h * 0.87, w * 0.07, h * 0.75),
    )


def box(w: float, h: float) -> tuple[Part, ...]:
    r, d = w / 2, h * 0.09
    edge = -r + w * 0.74
    front = polygon((-r, -h + d), (edge, -h + d), (edge, 0), (-r, -d * 0.25))
    side = polygon((edge, -h + d), (r, -h + d * 0.55), (r, -d * 0.7), (edge, 0))
    lid = polygon((-r, -h + d), (edge, -h + d), (r, -h + d * 0.55), (-r + w * 0.3, -h))
    middle = (edge - r) / 2
    return (
        Part(front, finish=Finish.SLOPE),
        Part(side, shade=-0.42),
        Part(lid, shade=0.36),
        Part(rect(-r, -h * 0.66, w * 0.74, h * 0.36), Tone.LABEL),
        Part(circle(middle, -h * 0.52, h * 0.08), Tone.INK),
        Part(round_rect(middle - w * 0.18, -h * 0.39, w * 0.36, h * 0.04, 1.5), Tone.INK),
    )


def tube(w: float, h: float) -> tuple[Part, ...]:
    r = w / 2
    body = (
        Path()
        .move(-r, -h)
        .line((r, -h), (r * 0.88, -h * 0.3))
        .quad((r * 0.8, -h * 0.15), (r * 0.6, -h * 0.14))
        .line((-r * 0.6, -h * 0.14))
        .quad((-r * 0.8, -h * 0.15), (-r * 0.88, -h * 0.3))
        .close()
    )
    label = polygon(
        (-r * 0.96, -h * 0.76), (r * 0.96, -h * 0.76), (r * 0.905, -h * 0.4), (-r * 0.905, -h * 0.4)
    )
    return (
        Part(round_rect(-r * 0.72, -h * 0.16, w * 0.72, h * 0.16, 3), Tone.CAP, Finish.ROUND),
        Part(body, finish=Finish.ROUND),
        Part(rect(-r, -h, w, h * 0.055), shade=-0.3),
        Part(label, Tone.LABEL, Finish.ROUND),
        Part(circle(0, -h * 0.615, w * 0.19), Tone.INK),
        Part(round_rect(-r * 0.46, -h * 0.485, w * 0.46, h * 0.035, 1.5), Tone.INK),
        shine(-r + w * 0.19, -h * 0.92, w * 0.07, h * 0.68),
    )


def carton(w: float, h: float) -> tuple[Part, ...]:
    """A gable-top carton, seen a little from the right."""
    r, edge = w / 2, w * 0.22
    shoulder, ridge = -h * 0.7, -h * 0.88
    front = polygon((-r, shoulder), (edge, shoulder), (edge, 0), (-r, 0))
    side = polygon((edge, shoulder), (r, shoulder), (r, -h * 0.02), (edge, 0))
    roof = polygon((-r, shoulder), (-r * 0.8, ridge), (edge * 1.2, ridge), (edge, shoulder))
    gable = polygon((edge, shoulder), (edge * 1.2, ridge), (r, shoulder))
    middle = (edge - r) / 2
    return (
        Part(front, finish=Finish.SLOPE),
        Part(side, shade=-0.36),
        Part(gable, shade=-0.5),
        Part(roof, shade=0.26),
        Part(rect(-r * 0.8, -h, r * 0.8 + edge * 1.2, h * 0.13), shade=-0.16),
        Part(circle(middle, -h * 0.79, w * 0.11), Tone.CAP),
        Part(rect(-r, -h * 0.56, r + edge, h * 0.36), Tone.LABEL),
        Part(circle(middle, -h * 0.41, w * 0.15), Tone.INK),
        Part(round_rect(middle - w * 0.2, -h * 0.27, w * 0.4, h * 0.035, 1.5), Tone.INK),
    )


def pouch(w: float, h: float) -> tuple[Part, ...]:
    """A stand-up bag, sealed along the top."""
    r = w / 2
    body = (
        Path()
        .move(-r * 0.9, -h)
        .line((r * 0.9, -h))
        .cubic((r * 0.86, -h * 0.7), (r, -h * 0.4), (r, -h * 0.06))
        .quad((r * 0.99, 0), (r * 0.86, 0))
        .line((-r * 0.86, 0))
        .quad((-r * 0.99, 0), (-r, -h * 0.06))
        .cubic((-r, -h * 0.4), (-r * 0.86, -h * 0.7), (-r * 0.9, -h))
        .close()
    )
    seal = rect(-r * 0.9, -h, w * 0.9, h * 0.11)
    return (
        Part(body, finish=Finish.ROUND),
        Part(seal, shade=-0.3),
        Part(segment((-r * 0.86, -h * 0.81), (r * 0.86, -h * 0.81)), Tone.LABEL, width=2),
        Part(ellipse(0, -h * 0.44, w * 0.34, h * 0.25), Tone.LABEL),
        Part(circle(0, -h * 0.49, w * 0.13), Tone.INK),
        Part(round_rect(-w * 0.17, -h * 0.33, w * 0.34, h * 0.04, 1.5), Tone.INK),
    )


def perfume(w: float, h: float) -> tuple[Part, ...]:
    """A square flacon with a heavy foot and a block of a stopper."""
    r = w / 2
    return (
        Part(round_rect(-r, -h * 0.66, w, h * 0.66, w * 0.1), finish=Finish.ROUND),
        Part(
            round_rect(-r * 0.82, -h * 0.58, w * 0.82, h * 0.48, 3), finish=Finish.DROP, shade=0.3
        ),
        Part(rect(-w * 0.13, -h * 0.75, w * 0.26, h * 0.1), Tone.GOLD, Finish.ROUND),
        Part(round_rect(-w * 0.24, -h, w * 0.48, h * 0.27, 3), Tone.CAP, Finish.ROUND),
        Part(rect(-w * 0.25, -h * 0.44, w * 0.5, h * 0.24), Tone.LABEL),
        Part(circle(0, -h * 0.34, w * 0.08), Tone.INK),
        shine(-r + w * 0.05, -h * 0.6, w * 0.05, h * 0.5),
    )
