"""Draws the pictures of products (96 × 96) and combos (328 × 132) in the colours of the posters.

Run: .venv/bin/python -m tools.art.products
"""

from __future__ import annotations

from tools.art.pen import (
    BLOOD,
    BONE,
    COPPER,
    NIGHT,
    PETROL,
    ROSE,
    TUNGSTEN,
    VERDIGRIS,
    circle,
    group,
    path,
    picture,
    polygon,
    rect,
    stroke,
)

CREAM, BUTTER, CARAMEL, BURNT = "#fff6e0", "#f0d48a", "#c9782c", "#9a5420"
PLUM, SLATE, VELVET, VELVET_DARK, BOARD = "#5a2f3a", "#32404a", "#5a0f1a", "#3a0a12", "#8a5a20"


def place(content: str, x: float, y: float, scale: float = 1) -> str:
    return group(content, f"translate({x:g} {y:g}) scale({scale:g})")


def popcorn(corn: tuple[str, str, str] = (BONE, BUTTER, CREAM)) -> str:
    a, b, c = corn
    kernels = (
        (8, 6, 8, a),
        (20, 0, 9, b),
        (33, 2, 9, a),
        (44, 7, 8, b),
        (27, 8, 9, c),
        (14, 11, 7, c),
        (39, 12, 7, c),
    )
    return "".join(circle(x, y, radius, colour) for x, y, radius, colour in kernels)


def bucket(
    stripes: tuple[str, str] = (BLOOD, BONE), corn: tuple[str, str, str] = (BONE, BUTTER, CREAM)
) -> str:
    """A striped bucket, 52 wide and 62 high, popcorn over its rim."""
    art = popcorn(corn)
    for stripe in range(7):
        top, foot = stripe * 7.4 + 0.5, 6 + stripe * 5.7
        corners = [(top, 12.0), (foot, 62.0), (foot + 5.7, 62.0), (top + 7.4, 12.0)]
        art += polygon(corners, stripes[stripe % 2])
    return art


def cup(body: str = PETROL, band: str = TUNGSTEN) -> str:
    """A soda with a straw, 36 wide; its lid at 6, its foot at 62."""
    art = stroke("M17 8L22-16L30-19", BONE, 3.5) + rect(0, 6, 36, 6, BONE)
    return art + path("M2 12H34L30 62H6Z", body) + path("M3.4 28H32.600L31.400 44H4.700Z", band)


def chocolate(bar: str, groove: str, wrapper: str, band: str) -> str:
    """A bar, 34 wide and 58 high, half out of its wrapper."""
    art = path("M0 4h28v50H0z", bar) + stroke("M14 4v50M0 16.5h28M0 29h28", groove, 2)
    return art + path("M-3 28h34v34H-3z", wrapper) + rect(-3, 36, 34, 7, band)


def cone() -> str:
    """Caramel popcorn in a paper cone, 50 wide and 72 high."""
    return (
        popcorn((CARAMEL, "#e09a3e", BURNT))
        + path("M1 12h50L27 72z", BONE)
        + path("M14 12h12l1 60zM38 12h13L27 72z", ROSE)
    )


def bottle() -> str:
    art = rect(12, 0, 12, 8, PETROL) + path("M13 10h10v6c6 4 9 8 9 14v38H4V30c0-6 3-10 9-14z", "#c9e0e2")
    return art + rect(4, 36, 28, 18, BONE) + path("M18 39c4 5 5 7 5 9a5 5 0 0 1-10 0c0-2 1-4 5-9z", "#3c7f8c")


def grape_juice() -> str:
    """A glass of juice, 32 wide, and a bunch beside it."""
    art = path("M0 10h32l-4 56H4z", BONE) + path("M2.600 22h26.800L26.600 62H5.400z", "#5b2a55")
    bunch = ((44, 40), (54, 40), (39, 49), (49, 49), (59, 49), (44, 58), (54, 58), (49, 66))
    return art + stroke("M49 38v-9", BOARD, 3) + "".join(circle(x, y, 5.6, "#7d4578") for x, y in bunch)


def product(slug: str, ground: str, content: str, title: str) -> None:
    counter = path("M0 72h96v24H0z", NIGHT, 'opacity=".25"')
    picture(f"products/{slug}.svg", 96, 96, ground, counter + content, title)


def combo(slug: str, grounds: tuple[str, str], content: str, title: str) -> None:
    counter = rect(0, 96, 328, 36, grounds[1])
    picture(f"products/{slug}.svg", 328, 132, grounds[0], counter + content, title)


def main() -> None:
    product("pipoca-pequena", BOARD, place(bucket(), 27, 35, 0.8), "Pipoca pequena")
    product("pipoca-media", BOARD, place(bucket(), 22.5, 23, 1), "Pipoca média")
    product("pipoca-grande", BOARD, place(bucket(), 17, 12, 1.18), "Pipoca grande")
    product("pipoca-doce", PLUM, place(cone(), 23, 14, 0.98), "Pipoca doce")
    milk = chocolate("#6b3a1e", "#8f552f", ROSE, PLUM)
    dark = chocolate("#2e150b", "#54301d", "#dcd2bd", BLOOD)
    product("chocolate-ao-leite", SLATE, place(milk, 17, 20) + place(milk, 52, 20), "Chocolate ao leite")
    product("chocolate-amargo", "#a39a7c", place(dark, 17, 20) + place(dark, 52, 20), "Chocolate amargo")
    product("refri-300", VERDIGRIS, place(cup(BLOOD, BONE), 32, 31, 0.88), "Refrigerante, 300 ml")
    product("refri-500", VERDIGRIS, place(cup(BLOOD, BONE), 27, 22, 1.02), "Refrigerante, 500 ml")
    product("agua", "#1e5157", place(bottle(), 28, 10, 1.1), "Água")
    product("suco-de-uva", "#c79a72", place(grape_juice(), 16, 15), "Suco de uva")
    combos()


def combos() -> None:
    double = place(cup(), 70, 34, 1.5) + place(cup(), 208, 34, 1.5) + place(bucket(), 126, 18, 1.72)
    combo("combo-sessao-dupla", (VELVET, VELVET_DARK), double, "Combo Sessão dupla")
    matinee = place(bucket(), 100, 28, 1.52) + place(cup(BLOOD, BONE), 186, 42, 1.34)
    combo("combo-matine", (BOARD, "#6b431a"), matinee, "Combo Matinê")
    milk = chocolate("#6b3a1e", "#8f552f", ROSE, PLUM)
    family = place(cup(COPPER, BONE), 22, 48, 1.2) + place(cup(), 262, 48, 1.2)
    family += place(bucket((PETROL, BONE)), 70, 20, 1.68) + place(bucket(), 170, 20, 1.68)
    family += place(group(milk, "rotate(-8)"), 146, 60, 1.05)
    combo("combo-familia", ("#2b4a4f", NIGHT), family, "Combo Família")


if __name__ == "__main__":
    main()
