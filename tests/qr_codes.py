"""Read QR codes from pictures."""

from __future__ import annotations

import zxingcpp
from PIL import Image

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_qr_codes(picture: Image.Image) -> list[str]:
    """The texts of the QR codes in `picture`; codes of other kinds are not searched for."""
    return [found.text for found in zxingcpp.read_barcodes(picture, QR_CODES)]
