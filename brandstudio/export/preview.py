"""One rendition on its own, exactly as a pack would hold it."""

from brandstudio.domain.pack import RenditionProblem, plan_rendition
from brandstudio.errors import PackError
from brandstudio.export.build import kit_of, material_of, provenance_of, source_of, untypable
from brandstudio.export.compose import compose
from brandstudio.export.content import PackContent
from brandstudio.export.encode import encode


def render_preview(pack: PackContent) -> bytes:
    """The file of the first asset for the first placement, encoded as that placement asks.

    Raises PackError when the placement cannot be met, RenditionError or TooLargeError likewise.
    """
    [asset], [placement] = pack.assets, pack.placements
    kit = kit_of(pack)
    if refusal := untypable(asset, kit):
        raise PackError(refusal)
    plan = plan_rendition(source_of(asset), placement, kit.type)
    if isinstance(plan, RenditionProblem):
        raise PackError(plan.reason)
    return encode(
        compose(plan, material_of(asset), kit), placement, provenance_of(pack, asset)
    ).content
