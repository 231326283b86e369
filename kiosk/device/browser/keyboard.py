"""The keyboard layout of the kiosk: letters, digits, arrows, Tab, Enter; no key that gives a browser an order.

Ctrl, Alt, the Windows and menu keys and F1 to F12 mean nothing. So no tab is opened, nothing printed and no window
closed by keys, whatever keyboard somebody plugs in. Media keys are left out with the symbols of `inet`.
"""

from __future__ import annotations

NAME = "bilheteria"
_KEYS = ("LCTL", "RCTL", "LALT", "RALT", "LWIN", "RWIN", "COMP", "MENU", "PRSC", "SCLK", "PAUS")
_FUNCTION_KEYS = tuple(f"FK{number:02}" for number in range(1, 13))

RULES = f"""! model = keycodes
  * = evdev

! layout = symbols
  * = pc+%l%(v)

! model = symbols
  * = +{NAME}(kiosk)

! model = types
  * = complete

! model = compat
  * = complete
"""

# Shift, without its action: Chromium reads a key without a symbol by its place, and would still open its help on F1.
_NOTHING = 'type = "ONE_LEVEL", symbols[Group1] = [ Shift_L ], actions[Group1] = [ NoAction() ]'
SYMBOLS = (
    'default partial\nxkb_symbols "kiosk" {\n'
    + "".join(f"  replace key <{key}> {{ {_NOTHING} }};\n" for key in (*_KEYS, *_FUNCTION_KEYS))
    + "};\n"
)

FILES = {f"etc/xkb/rules/{NAME}": RULES, f"etc/xkb/symbols/{NAME}": SYMBOLS}


def environment(layout: str) -> dict[str, str]:
    """What the compositor reads: `layout` is the keyboard's own, such as `br`."""
    return {"XKB_DEFAULT_RULES": NAME, "XKB_DEFAULT_LAYOUT": layout}
