"""Products that are used or worn."""

from house_model.scenes.geometry import Path, circle, ellipse, rect, round_rect, segment
from house_model.scenes.product_parts import Finish, Part, Tone, shine


def mug(w: float, h: float) -> tuple[Part, ...]:
    left, r = -w / 2, w / 2
    rim = left + w * 0.76
    outer, inner = r, r - h * 0.1
    handle = (
        Path()
        .move(rim - w * 0.02, -h * 0.76)
        .cubic((outer, -h * 0.86), (outer, -h * 0.62), (outer, -h * 0.5))
        .cubic((outer, -h * 0.34), (outer - w * 0.02, -h * 0.18), (rim - w * 0.02, -h * 0.22))
        .line((rim - w * 0.02, -h * 0.33))
        .cubic((inner - w * 0.02, -h * 0.3), (inner, -h * 0.4), (inner, -h * 0.5))
        .cubic((inner, -h * 0.6), (inner, -h * 0.72), (rim - w * 0.01, -h * 0.65))
        .close()
    )
    body = (
        Path()
        .move(left, -h * 0.935)
        .line((rim, -h * 0.935), (rim - w * 0.02, -h * 0.12))
        .quad((rim - w * 0.03, 0), (rim - w * 0.12, 0))
        .line((left + w * 0.12, 0))
        .quad((left + w * 0.03, 0), (left + w * 0.02, -h * 0.12))
        .close()
    )
    middle, half = (left + rim) / 2, w * 0.38
    return (
        Part(handle, shade=-0.2),
        Part(body, finish=Finish.ROUND),
        Part(ellipse(middle, -h * 0.935, half, h * 0.065), shade=0.35),
        Part(ellipse(middle, -h * 0.932, half * 0.9, h * 0.047), Tone.COFFEE, is_line=False),
        Part(circle(middle, -h * 0.45, h * 0.2), Tone.LABEL),
        Part(circle(middle, -h * 0.45, h * 0.1), Tone.INK),
        shine(left + w * 0.115, -h * 0.8, w * 0.045, h * 0.6),
    )


def sneaker(w: float, h: float) -> tuple[Part, ...]:
    left, right = -w / 2, w / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return left + w * x, -h * y

    upper = (
        Path()
        .move(*at(0.03, 0.22))
        .cubic(at(0, 0.55), at(0, 0.8), at(0.05, 0.97))
        .cubic(at(0.12, 0.88), at(0.22, 0.86), at(0.34, 1))
        .cubic(at(0.44, 0.72), at(0.58, 0.58), at(0.78, 0.52))
        .cubic(at(0.93, 0.46), at(0.99, 0.34), at(0.985, 0.22))
        .close()
    )
    toe = (
        Path()
        .move(*at(0.75, 0.22))
        .cubic(at(0.76, 0.34), at(0.8, 0.44), at(0.885, 0.485))
        .cubic(at(0.96, 0.42), at(0.985, 0.32), at(0.985, 0.22))
        .close()
    )
    heel = (
        Path()
        .move(*at(0.03, 0.22))
        .cubic(at(0.015, 0.4), at(0.012, 0.55), at(0.018, 0.7))
        .cubic(at(0.12, 0.62), at(0.155, 0.4), at(0.165, 0.22))
        .close()
    )
    swoosh = (
        Path()
        .move(*at(0.22, 0.48))
        .cubic(at(0.36, 0.26), at(0.5, 0.34), at(0.66, 0.54))
        .cubic(at(0.52, 0.2), at(0.3, 0.2), at(0.22, 0.48))
        .close()
    )
    sole = (
        Path()
        .move(*at(0.008, 0.24))
        .line(at(0.992, 0.24))
        .cubic(at(1, 0.1), at(0.99, 0), at(0.93, 0))
        .line(at(0.06, 0))
        .cubic(at(0, 0), at(0, 0.1), at(0.008, 0.24))
        .close()
    )
    laces = tuple(
        Part(segment(at(x - 0.05, y), at(x + 0.022, y + 0.11)), Tone.LABEL, width=h * 0.036)
        for x, y in ((0.385, 0.8), (0.455, 0.7), (0.525, 0.61), (0.595, 0.54))
    )
    stripe = Part(segment((left + w * 0.03, -h * 0.12), (right - w * 0.03, -h * 0.12)), width=2)
    return (
        Part(upper, finish=Finish.SLOPE),
        Part(toe, shade=-0.3),
        Part(heel, shade=-0.3),
        Part(swoosh, Tone.LABEL),
        *laces,
        Part(sole, Tone.SOLE, Finish.DROP),
        stripe,
    )


def handbag(w: float, h: float) -> tuple[Part, ...]:
    left, r = -w / 2, w / 2
    handle = (
        Path()
        .move(-w * 0.28, -h * 0.62)
        .cubic((-w * 0.28, -h * 1.127), (w * 0.28, -h * 1.127), (w * 0.28, -h * 0.62))
        .line((w * 0.225, -h * 0.62))
        .cubic((w * 0.225, -h * 1.055), (-w * 0.225, -h * 1.055), (-w * 0.225, -h * 0.62))
        .close()
    )
    body = (
        Path()
        .move(left + w * 0.1, -h * 0.64)
        .line((r - w * 0.1, -h * 0.64))
        .quad((r - w * 0.06, -h * 0.64), (r - w * 0.05, -h * 0.58))
        .line((r, -h * 0.08))
        .quad((r, 0), (r - w * 0.07, 0))
        .line((left + w * 0.07, 0))
        .quad((left, 0), (left, -h * 0.08))
        .line((left + w * 0.05, -h * 0.58))
        .quad((left + w * 0.06, -h * 0.64), (left + w * 0.1, -h * 0.64))
        .close()
    )
    flap = (
        Path()
        .move(left + w * 0.065, -h * 0.63)
        .line((r - w * 0.065, -h * 0.63))
        .cubic((r - w * 0.1, -h * 0.34), (r - w * 0.34, -h * 0.3), (0, -h * 0.3))
        .cubic(
            (left + w * 0.34, -h * 0.3), (left + w * 0.1, -h * 0.34), (left + w * 0.065, -h * 0.63)
        )
        .close()
    )
    return (
        Part(handle, shade=-0.4),
        Part(body, finish=Finish.SLOPE),
        Part(flap, finish=Finish.SLOPE, shade=0.16),
        Part(round_rect(-w * 0.08, -h * 0.4, w * 0.16, h * 0.16, 3), Tone.GOLD, Finish.SLOPE),
        Part(
            segment((left + w * 0.07, -h * 0.09), (r - w * 0.07, -h * 0.09)), Tone.LABEL, width=1.8
        ),
    )


def watch(w: float, h: float) -> tuple[Part, ...]:
    """A wrist watch, upright, its strap in the product's colour."""
    r, middle = w / 2, -h * 0.5
    strap = (
        Path()
        .move(-w * 0.26, -h * 0.02)
        .quad((0, 0), (w * 0.26, -h * 0.02))
        .line((w * 0.33, middle), (w * 0.26, -h * 0.98))
        .quad((0, -h), (-w * 0.26, -h * 0.98))
        .line((-w * 0.33, middle))
        .close()
    )
    case, dial = w * 0.46, w * 0.36
    hole = tuple(Part(circle(0, -h * y, w * 0.032), shade=-0.5) for y in (0.07, 0.13, 0.19))
    return (
        Part(strap, finish=Finish.ROUND),
        *hole,
        Part(rect(r - w * 0.08, middle - h * 0.03, w * 0.08, h * 0.06), Tone.METAL),
        Part(circle(0, middle, case), Tone.METAL, Finish.SLOPE),
        Part(circle(0, middle, dial), Tone.LABEL),
        Part(segment((0, middle), (0, middle - dial * 0.7)), Tone.INK, width=w * 0.05),
        Part(segment((0, middle), (dial * 0.5, middle + dial * 0.2)), Tone.INK, width=w * 0.05),
        Part(circle(0, middle, w * 0.045), Tone.INK),
    )
