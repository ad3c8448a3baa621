#!/usr/bin/env python3
"""Writes bdct.txt: block DCT bands and their zero-padded inverse as PyTorch computes them in doubles,
the way the published frequency-domain face recognisers do (TFace): optional bilinear enlargement by 8
with corners aligned, full-range JPEG colours minus 128, 8x8 blocks by unfold, orthonormal DCT-II;
back by fold and bilinear reduction by 8.

    /usr/bin/python3 make_bdct.py > bdct.txt

The image is a formula (see pixel(), and its twin in bdct_test.c). Of large maps only some places are
written: lines "f ROW COLUMN" hold the chosen bands of a block, lines "i Y X" the components of a pixel.
"""
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def pixel(x, y, c):
    return (31 * x + 17 * y + x * y * (c + 2) + 60 * c) % 256


def components(image, wanted):
    """Planes of an image (channels, size, size) on [0, 255], around 0."""
    if image.shape[0] == 1:
        return image - 128
    r, g, b = image
    y = 0.299 * r + 0.587 * g + 0.114 * b - 128
    cb = -0.168736 * r - 0.331264 * g + 0.5 * b
    cr = 0.5 * r - 0.418688 * g - 0.081312 * b
    return torch.stack([y, cb, cr][:wanted])


def basis():
    return torch.tensor([[math.sqrt((1 if u == 0 else 2) / 8) * math.cos((2 * x + 1) * u * math.pi / 16)
                          for x in range(8)] for u in range(8)])


def forward(image, wanted, up8, chosen):
    """Bands (side, side, chosen)."""
    planes = image[None]
    if up8:
        planes = F.interpolate(planes, scale_factor=8, mode="bilinear", align_corners=True)
    planes = components(planes[0], wanted)
    side = planes.shape[1] // 8
    blocks = F.unfold(planes[:, None], 8, stride=8).transpose(1, 2).reshape(wanted, side, side, 8, 8)
    bands = basis() @ blocks @ basis().t()
    bands = bands.reshape(wanted, side, side, 64).permute(1, 2, 0, 3).reshape(side, side, 64 * wanted)
    return bands[:, :, chosen]


def inverse(values, wanted, up8, chosen):
    """Planes (components, size, size)."""
    side = values.shape[0]
    bands = torch.zeros(side, side, 64 * wanted)
    bands[:, :, chosen] = values
    blocks = bands.reshape(side, side, wanted, 8, 8).permute(2, 0, 1, 3, 4)
    blocks = (basis().t() @ blocks @ basis()).reshape(wanted, side * side, 64).transpose(1, 2)
    planes = F.fold(blocks, 8 * side, 8, stride=8)
    if up8:
        planes = F.interpolate(planes, scale_factor=1 / 8, mode="bilinear", align_corners=True)
    return planes[:, 0]


def places(side, step):
    return [divmod(n, side) for n in range(0, side * side, step)] + [(side - 1, side - 1)]


def write(size, channels, wanted, up8, chosen, step):
    image = torch.tensor([[[pixel(x, y, c) for x in range(size)] for y in range(size)]
                          for c in range(channels)], dtype=torch.get_default_dtype())
    values = forward(image, wanted, up8, chosen)
    planes = inverse(values, wanted, up8, chosen)
    print("case", size, channels, wanted, int(up8), len(chosen), *chosen)
    for row, column in places(values.shape[0], step):
        print("f", row, column, *("%.7g" % v for v in values[row, column]))
    for y, x in places(size, step):
        print("i", y, x, *("%.7g" % v for v in planes[:, y, x]))


ZIGZAG = sorted(range(64), key=lambda b: (b // 8 + b % 8, b % 8 if (b // 8 + b % 8) % 2 == 0 else b // 8))
# Out of order and across components on purpose.
COLOURED = [0, 1, 8, 77, 64, 130, 9, 63, 128, 191]

write(16, 1, 1, False, list(range(64)), 1)
write(16, 3, 1, False, [5, 4, 3, 2, 1, 0, 8, 16, 63], 1)
write(16, 3, 3, False, COLOURED, 1)
write(16, 1, 1, True, [0, 1, 2, 8, 9, 27, 56, 63], 3)
write(24, 3, 3, True, COLOURED, 7)
write(112, 3, 1, False, sorted(ZIGZAG[1:36]), 37)
write(112, 3, 1, True, sorted(ZIGZAG[1:36]), 337)
