#!/usr/bin/env python3
"""Writes similarity.txt: PSNR and SSIM of scikit-image on made-up pictures, which are in the file.

    apt-get install python3-skimage
    python3 make_similarity.py > similarity.txt
"""
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def pictures(random, size, channels, noise):
    """Smooth waves, and the same with noise and less contrast."""
    y, x = np.mgrid[0:size, 0:size] / size
    planes = []
    for _ in range(channels):
        fx, fy, phase = random.uniform(1, 9, 3)
        planes.append(127 + 100 * np.sin(fx * x + fy * y * y + phase))
    a = np.stack(planes, axis=-1)
    b = 0.8 * a + random.normal(20, noise + 1e-9, a.shape)
    return [np.clip(np.rint(p), 0, 255).astype(np.uint8) for p in (a, b)]


def main():
    random = np.random.default_rng(6)
    for size, channels, noise in ((7, 1, 30), (8, 3, 5), (16, 1, 0), (19, 3, 60), (24, 3, 12)):
        a, b = pictures(random, size, channels, noise)
        psnr = peak_signal_noise_ratio(a, b, data_range=255)
        ssim = structural_similarity(a, b, data_range=255, channel_axis=-1)
        print(f"{size} {channels} {psnr:.12f} {ssim:.12f}")
        for picture in (a, b):
            print(picture.tobytes().hex())


if __name__ == "__main__":
    main()
