"""The twelve product types as vector parts: painted by the renderer, outlined for control maps.

A product stands at the origin: x runs from -width/2 to +width/2, y from -height (top) to 0. The
outline shows the lines that the picture really has (cap, label, sole, laces), so that a
ControlNet trained on both never sees a line that means nothing.
"""

from house_model.scenes import containers, everyday_products
from house_model.scenes.product_parts import Product


def outline_svg(product: Product) -> str:
    """The product's lines as an SVG: white on nothing, the viewBox tight around the product."""
    height, width = product.height, product.height * product.aspect
    lines = "\n".join(
        f'  <path d="{part.path.placed(width / 2, height).svg}"/>'
        for part in product.at_height(height)
        if part.is_line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'fill="none" stroke="#ffffff" stroke-width="1" stroke-linejoin="round">\n{lines}\n</svg>\n'
    )


PRODUCTS: dict[str, Product] = {
    "bottle": Product(156, 0.36, containers.bottle),
    "jar": Product(101, 0.86, containers.jar),
    "can": Product(127, 0.54, containers.can),
    "box": Product(127, 0.72, containers.box),
    "mug": Product(94, 0.98, everyday_products.mug),
    "sneaker": Product(87, 1.72, everyday_products.sneaker),
    "tube": Product(144, 0.42, containers.tube),
    "handbag": Product(116, 1.0, everyday_products.handbag),
    "carton": Product(146, 0.56, containers.carton),
    "pouch": Product(126, 0.74, containers.pouch),
    "perfume": Product(118, 0.68, containers.perfume),
    "watch": Product(150, 0.52, everyday_products.watch),
}
