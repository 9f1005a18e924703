"""Numbers as captions print them."""

import math
import re

NUMBER = r"[-−]?\d[\d,]*(?:\.\d+)?(?:e[-−]?\d+)?"
# Digits that belong to a word are no number of a caption: `L2`, `R²`, `e21a2838`.
FREE_NUMBER = re.compile(rf"(?<![\w.\-−/=\[]){NUMBER}(?![\w/]|[.,:=-]\w)")


def parsed(text):
    return float(text.replace(",", "").replace("−", "-"))


def grouped(text):
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, fraction = text.partition(".")
    return sign + (f"{int(whole):,}" if len(whole) > 4 else whole) + dot + fraction


def value_text(value):
    """Six significant digits between 1e-4 and 1e7, else three digits after the point of the mantissa."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "−inf"}.get(value, "NaN")
    if 1e-4 <= abs(value) < 1e7:
        decimals = min(max(5 - math.floor(math.log10(abs(value))), 0), 9)
        text = f"{value:.{decimals}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return grouped(text).replace("-", "−")
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}".replace("-", "−")


def derived_text(value):
    """Four significant digits."""
    return value_text(float(f"{value:.3e}")) if value and math.isfinite(value) else value_text(value)


def same_number(text, wanted, digits):
    """Equality up to half a unit (and rounding) of the last significant digit that is printed."""
    found = parsed(text)
    return found == wanted or abs(found - wanted) <= 0.51 * 10 ** (math.floor(math.log10(abs(wanted) or 1)) - digits + 1)
